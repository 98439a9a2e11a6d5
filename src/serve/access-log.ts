/**
 * The access log: one line a request, for people in the order of Apache's combined format, for programs as NDJSON.
 * Whatever a client sent is escaped, so no request can add a line, move a cursor or write backwards.
 *
 * For people:
 *
 *     192.0.2.7 - ada [22/Nov/2025:05:01:02 +0000] "GET /v2/pause/manifests/3.10.2" 200 2579 "containerd/2.1" 0.8ms
 *
 * that is address, `-`, user, time, method and path, status, bytes of the body, user agent, duration, and for a request
 * that was refused the code of the distribution specification. What is not known is `-`. Characters outside of
 * printable ASCII, `"` and `\` are written as `\xhh`, byte by byte.
 *
 * For programs: the fields of {@link accessJson}, always all of them and in that order, `null` for what is not known.
 *
 * Headers are not logged but the user agent; of a query only what the registry itself understands.
 *
 * @see https://httpd.apache.org/docs/2.4/logs.html#combined
 * @module
 */
import type { RequestRecord } from "./record.ts";

/** How and where the log is written. */
export interface AccessLogOptions {
  /** Takes one line, its line end included. */
  readonly write: (line: string) => void;
  /**
   * NDJSON instead of lines for people.
   * @default false
   */
  readonly json?: boolean;
}

/** A log that is called with every request. */
export function createAccessLog(options: AccessLogOptions): (record: RequestRecord) => void {
  const format = options.json === true ? accessJson : accessLine;
  return (record) => options.write(`${format(record)}\n`);
}

/** The line for people, without its line end. */
export function accessLine(record: RequestRecord): string {
  const { remote, user, time, method, path, status, bytes, userAgent, ms, error } = record;
  const request = `${escaped(method)} ${escaped(withoutSecrets(path))}`;
  const line = `${word(remote)} - ${word(user)} [${apacheTime(time)}] "${request}" ${status} ${bytes} "${
    userAgent === undefined ? "-" : escaped(userAgent)
  }" ${ms.toFixed(1)}ms`;
  return error === undefined ? line : `${line} ${word(error)}`;
}

/** The line for programs, without its line end: ASCII only, times in ISO 8601, durations in milliseconds. */
export function accessJson(record: RequestRecord): string {
  const fields = {
    type: "request",
    time: new Date(record.time).toISOString(),
    remote: record.remote ?? null,
    user: record.user ?? null,
    method: record.method,
    path: withoutSecrets(record.path),
    route: record.route,
    repository: record.repository ?? null,
    reference: record.reference ?? null,
    status: record.status,
    error: record.error ?? null,
    bytes: record.bytes,
    received: record.received,
    ms: Math.round(record.ms * 1000) / 1000,
    userAgent: record.userAgent ?? null,
  };
  // JSON escapes control characters below U+0020 only; a terminal obeys others as well.
  return JSON.stringify(fields).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What the registry and its page understand in a query, and what is never a secret. */
const QUERY = new Set([
  ...["n", "last", "digest", "mount", "from", "artifactType"],
  ...["q", "page", "raw"],
]);

/**
 * The path as it may be logged: of the query only the fields that the registry knows, `redacted` for each other one,
 * because people put tokens into queries; and no user information, which a proxy may send before the host.
 */
export function withoutSecrets(path: string): string {
  const bare = path.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i, "$1//redacted@");
  const mark = bare.indexOf("?");
  if (mark < 0) return bare;
  const fields = bare.slice(mark + 1).split("&");
  const kept = fields.map((field) => (QUERY.has(nameOf(field)) ? field : "redacted"));
  return `${bare.slice(0, mark)}?${kept.join("&")}`;
}

function nameOf(field: string): string {
  const end = field.indexOf("=");
  return end < 0 ? field : field.slice(0, end);
}

/** Printable ASCII as it is, everything else byte by byte. */
function escaped(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]+/g, (part) =>
    [...Buffer.from(part)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}

/** A field that ends at a space. */
function word(text: string | undefined): string {
  return text === undefined || text === "" ? "-" : escaped(text).replaceAll(" ", "\\x20");
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `22/Nov/2025:05:01:02 +0000`: Apache's form, in UTC whatever the zone of the host. */
function apacheTime(time: number): string {
  const date = new Date(time);
  const [day = "", clock = ""] = date.toISOString().split("T");
  return `${day.slice(8)}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${clock.slice(0, 8)} +0000`;
}
