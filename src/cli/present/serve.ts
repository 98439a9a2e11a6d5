/**
 * What `hiatus serve` says: where it listens, each request, and what went wrong.
 *
 * @module
 */
import { isHiatusError } from "../../errors.ts";
import { accessJson, accessLine } from "../../serve/access-log.ts";
import { isLoopback } from "../../serve/address.ts";
import type { RequestRecord } from "../../serve/record.ts";
import { jsonLine } from "./json.ts";
import { printable } from "./printable.ts";

/** How much is said, and how. */
export interface ServeFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What is served. */
export interface Serving {
  readonly url: URL;
  readonly host: string;
  /** The folder that can be pushed to; undefined when nothing can. */
  readonly writable: string | undefined;
  /** Repositories with a tag of each, if it has one. */
  readonly repositories: readonly { readonly name: string; readonly tag: string | undefined }[];
  /** Are passwords asked for? */
  readonly passwords: boolean;
}

/** Says it. */
export interface ServePresenter {
  listening(serving: Serving): void;
  readonly onRequest: ((record: RequestRecord) => void) | undefined;
  onError(error: unknown): void;
  stopped(): void;
}

/** For people: where on standard error, requests on standard output. For programs: everything as NDJSON. */
export function presentServe({ json = false, quiet = false }: ServeFlags): ServePresenter {
  const write = createWriter();
  const format = json ? accessJson : accessLine;
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  return {
    listening(serving) {
      for (const warning of warningsOf(serving)) say(`hiatus: ${warning}`);
      const { url, writable, repositories } = serving;
      if (json) jsonLine({ type: "listening", url: url.origin, writable, repositories });
      else say(greetingOf(serving).map(printable).join("\n"));
    },
    onRequest: quiet ? undefined : (record) => write(`${format(record)}\n`),
    onError(error) {
      const text = error instanceof Error ? error.message : String(error);
      if (json) jsonLine({ type: "error", code: codeOf(error), message: text });
      else say(`hiatus: ${printable(text)}`);
    },
    stopped() {
      if (json) jsonLine({ type: "stopped" });
      else say("hiatus: Stopped");
    },
  };
}

function greetingOf({ url, writable, repositories }: Serving): readonly string[] {
  const shown = repositories.slice(0, 5).map(({ name, tag }) => {
    const reference = tag === undefined ? "" : `:${tag}`;
    return `  ${url.host}/${name}${reference}`;
  });
  const more = repositories.length - shown.length;
  return [
    `Serving ${writable === undefined ? "read-only" : `"${writable}", which can be pushed to,`} at ${url.origin}`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
    "Press Ctrl-C to stop",
  ];
}

/** What whoever started it may not have meant. */
function warningsOf({ url, host, writable, passwords }: Serving): readonly string[] {
  if (isLoopback(host)) return [];
  const can = writable === undefined || passwords ? "pull" : "pull and push";
  const who = passwords
    ? `Whoever reaches ${host} is asked for a password`
    : `Everybody who reaches ${host} can ${can}`;
  const clear = passwords && url.protocol === "http:";
  return [who, ...(clear ? ["Passwords travel readable, for there is no --tls-cert"] : [])];
}

function codeOf(error: unknown): string {
  return isHiatusError(error) ? error.code : "INTERNAL";
}

/** Joins what is written in one turn of the event loop: under load a write for each request would cost more than it. */
function createWriter(): (text: string) => void {
  let waiting = "";
  return (text) => {
    if (waiting === "") {
      setImmediate(() => {
        process.stdout.write(waiting);
        waiting = "";
      });
    }
    waiting += text;
  };
}
