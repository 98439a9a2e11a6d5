/**
 * What a person should know besides the result: each thing once, on standard error or as an event.
 *
 * @module
 */
import pc from "picocolors";
import type { ClientEvent } from "../../remote/events.ts";
import { pasteable } from "./command-name.ts";
import { jsonLine } from "./json.ts";
import { printable } from "./printable.ts";

/** Tells things once. */
export interface Notices {
  tell(message: string, hint?: string): void;
  /** Warnings and retries of a registry, as events pauses as well; requests are not told. */
  tellConnection(event: ClientEvent, about?: Readonly<Record<string, unknown>>): void;
}

/** Notices on standard error, or wherever rows are drawn. */
export function textNotices(
  write: (text: string) => unknown = (text) => process.stderr.write(text),
): Notices {
  const told = new Set<string>();
  const yellow = pc.isColorSupported && process.stderr.isTTY ? pc.yellow : String;
  const tell = (message: string, hint?: string): void => {
    if (told.has(message)) return;
    told.add(message);
    const more = hint === undefined ? "" : `\n  ${printable(pasteable(hint))}`;
    write(`${yellow("hiatus:")} ${printable(message)}${more}\n`);
  };
  /** What differs from time to time is not told again. */
  const once = (key: string, message: string): void => {
    if (!told.has(key)) tell(message);
    told.add(key);
  };
  return {
    tell,
    tellConnection(event) {
      const { type, registry } = event;
      if (type === "warning") tell(`${registry}: ${event.message}`);
      else if (type === "retry") {
        const { why, method, url } = event;
        const wait = secondsOf(event.milliseconds);
        once(
          `retry ${registry} ${why}`,
          `${registry}: ${why}; sending ${method} ${url} again in ${wait}`,
        );
      }
      // A pause is always asked for by an answer after which something is sent again.
    },
  };
}

/** Notices as events on standard output. */
export function jsonNotices(): Notices {
  const told = new Set<string>();
  const once = (event: Readonly<Record<string, unknown>>): void => {
    const key = JSON.stringify(event);
    if (told.has(key)) return;
    told.add(key);
    jsonLine(event);
  };
  return {
    tell: (message, hint) => once({ type: "warning", message, hint }),
    tellConnection(event, about = {}) {
      if (event.type === "warning") once({ ...event, ...about });
      else if (event.type !== "request") jsonLine({ ...event, ...about });
    },
  };
}

function secondsOf(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`;
}
