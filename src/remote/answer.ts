/**
 * Reading answers: never more than they may have, and errors as their registry meant them.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 * @module
 */
import { HiatusError } from "../errors.ts";
import { READ_LIMIT } from "../oci/document.ts";
import { printable, redactUrl } from "./text.ts";
import type { HttpMethod, HttpResponse } from "./transport.ts";

/** Most bytes that are read of each kind of answer. */
export const AnswerLimit = { error: 64 * 1024, token: 64 * 1024, manifest: READ_LIMIT } as const;

/** What was asked, for messages. */
export interface Question {
  /** As references name it. */
  readonly registry: string;
  readonly method: HttpMethod;
  readonly url: URL;
  readonly repository?: string | undefined;
  /**
   * Was it asked of another host, which the registry had pointed to?
   * @default false
   */
  readonly elsewhere?: boolean | undefined;
}

/** One entry of a registry's error document. */
export interface RegistryComplaint {
  /** `MANIFEST_UNKNOWN`, for example; an empty string where there is none. */
  readonly code: string;
  readonly message: string;
}

/**
 * Reads a body into memory.
 *
 * @param limit most bytes.
 * @throws HiatusError `REGISTRY` when there is more, `NETWORK` when it breaks off.
 */
export async function readBody(
  response: HttpResponse,
  limit: number,
  question: Question,
): Promise<Uint8Array> {
  const tooLarge = (): HiatusError =>
    new HiatusError("REGISTRY", `${asked(question)} was answered with more than ${limit} bytes`, {
      detail: { ...facts(question), status: response.status, limit },
      hint: "That is no answer of a registry; check the host and the port",
    });
  if (Number(response.headers.get("content-length") ?? 0) > limit) {
    response.discard();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > limit) throw tooLarge();
      chunks.push(chunk);
    }
  } finally {
    response.discard();
  }
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}

/**
 * What a registry complains of in the body of an error: its own list of errors, or text where it wrote text. HTML tags are taken
 * out, control characters too; at most ten entries.
 */
export function complaintsOf(bytes: Uint8Array): readonly RegistryComplaint[] {
  const text = new TextDecoder().decode(bytes);
  const document = tolerantJson(text);
  if (document === undefined) {
    const words = printable(/<\/?[a-z!]/i.test(text) ? withoutTags(text) : text);
    return words === "" ? [] : [{ code: "", message: words }];
  }
  const list = field(document, "errors");
  // Token services and proxies write one object: {"message": …}, {"details": …}, {"error": …}.
  const entries: readonly unknown[] = Array.isArray(list) ? list : [document];
  return entries.slice(0, 10).map((entry) => ({
    code: printable(textOf(field(entry, "code")), 64),
    message: printable(
      ["message", "error_description", "details", "error"]
        .map((name) => textOf(field(entry, name)))
        .find((value) => value !== "") ?? (typeof entry === "string" ? entry : ""),
    ),
  }));
}

/**
 * The error that an answer means. Reads its body, at most 64 KiB of it.
 *
 * `detail` has `registry`, `method`, `url`, `status` and `codes`, the registry's own codes in their order.
 */
export async function responseError(
  response: HttpResponse,
  question: Question,
): Promise<HiatusError> {
  const bytes = await beginningOf(response, AnswerLimit.error);
  return errorOfAnswer(response.status, complaintsOf(bytes), question);
}

/** As {@link responseError}, for a body that was read already. */
export function errorOfAnswer(
  status: number,
  complaints: readonly RegistryComplaint[],
  question: Question,
): HiatusError {
  const codes = complaints.map(({ code }) => code).filter((code) => code !== "");
  const said = complaints
    .map(({ code, message }) => [code, message].filter((part) => part !== "").join(": "))
    .filter((part) => part !== "")
    .join("; ");
  const { code, hint } = meaningOf(status, codes, said, question);
  const tail = said === "" ? "" : `: ${printable(said)}`;
  return new HiatusError(code, `${asked(question)} was answered with ${status}${tail}`, {
    detail: { ...facts(question), status, codes },
    hint,
  });
}

function meaningOf(
  status: number,
  codes: readonly string[],
  said: string,
  { registry, repository, elsewhere }: Question,
): { code: HiatusError["code"]; hint: string } {
  if (elsewhere === true)
    return {
      code: status === 404 ? "NOT_FOUND" : "REGISTRY",
      hint: `"${registry}" pointed to that host; run again for a new address, or ask the registry's operators`,
    };
  const where = repository === undefined ? "" : ` for "${repository}"`;
  if (status === 401)
    return {
      code: "AUTH",
      hint: `Log in to "${registry}"${where}: credentials are looked for in HIATUS_ variables, in $DOCKER_CONFIG/config.json and Podman's auth.json, and in their helpers`,
    };
  if (status === 403)
    return { code: "AUTH", hint: `Ask for the rights${where}, or log in as somebody who has them` };
  if (codes.includes("NAME_UNKNOWN") || codes.includes("NAME_INVALID"))
    return {
      code: status === 404 ? "NOT_FOUND" : "REGISTRY",
      hint: `Check the repository's name; some registries want it, or its project, to be created first`,
    };
  if (status === 404) return { code: "NOT_FOUND", hint: "Check the name, and that it was pushed" };
  return { code: "REGISTRY", hint: hintFor(status, said) };
}

function hintFor(status: number, said: string): string {
  if (status === 429)
    return "Wait a while and run again, log in for a higher limit, or lower the concurrency or rate";
  if (status >= 500) return "Wait a while and run again; the registry's own log knows more";
  // What Go's and nginx's servers say to plain HTTP at a port for TLS.
  if (status === 400 && /HTTP request (?:was sent )?to (?:an )?HTTPS/i.test(said))
    return "It speaks https there; leave plain http away (--no-plain-http)";
  if (status >= 300 && status < 400)
    return "It wants to be asked elsewhere; name that host instead";
  return HINTS[status] ?? "What it says above is its reason; its operators or its manual know more";
}

const HINTS: Readonly<Record<number, string>> = {
  405: "The registry, or this repository, does not allow that",
  409: "Somebody else changed it, or the tag is immutable; look at what is there",
  412: "A policy of the registry stands against it; ask its operators",
  413: "It is too large for the registry or for a proxy before it; ask its operators to raise the limit",
  415: "The registry does not take this media type; try another format",
};

function asked({ method, url }: Question): string {
  return `${method} ${redactUrl(url)}`;
}

function facts({ registry, method, url }: Question): Readonly<Record<string, unknown>> {
  return { registry, method, url: redactUrl(url) };
}

/** What can be read of a body. An error must not hide behind the failure to read it. */
async function beginningOf(response: HttpResponse, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk.subarray(0, limit - size));
      size += chunk.byteLength;
      if (size >= limit) break;
    }
  } catch {
    // What came until then says enough.
  } finally {
    response.discard();
  }
  return Buffer.concat(chunks);
}

/** JSON as lax as JSON.parse has it: nothing but words for people is taken from it. */
function tolerantJson(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function withoutTags(page: string): string {
  // What a page has to say stands at its beginning, and expressions over much text take much time.
  const html = page.slice(0, 8192);
  const title = /<title[^>]{0,200}>([^<]{1,400})</i.exec(html)?.[1];
  return title ?? html.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, " ").replace(/<[^<>]*>/g, " ");
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
