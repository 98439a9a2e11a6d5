/**
 * `Retry-After`, in seconds or as a date.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats
 * @module
 */

/** The longest pause that a registry can ask for, in milliseconds. Who asks for more gets another request after it. */
export const LONGEST_PAUSE = 60_000;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** `Sun, 06 Nov 1994 08:49:37 GMT`, and `Sunday, 06-Nov-94 08:49:37 GMT` as it once was. */
const DATE =
  /^[A-Z][a-z]{2,8}, (\d{2})[ -]([A-Z][a-z]{2})[ -](\d{4}|\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
/** `Sun Nov  6 08:49:37 1994`, as C wrote it. */
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * How long to wait in milliseconds, between 0 and {@link LONGEST_PAUSE}; undefined where the header is missing or says nothing.
 *
 * @param now milliseconds since 1970, for a date: the answer's own `Date` where it has one, because clocks differ.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.length > 64) return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_PAUSE);
  const date = parseHttpDate(text);
  return date === undefined ? undefined : Math.min(Math.max(date - now, 0), LONGEST_PAUSE);
}

/** A date of HTTP in milliseconds since 1970, or undefined. `Date.parse` would take much more, some of it as local time. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const usual = DATE.exec(text);
  if (usual !== null) {
    const [, day, month, year, ...time] = usual;
    return utc(year, month, day, time);
  }
  const old = ASCTIME.exec(text);
  if (old === null) return undefined;
  const [, month, day, hour, minute, second, year] = old;
  return utc(year, month, day, [hour, minute, second]);
}

function utc(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  time: readonly (string | undefined)[],
): number | undefined {
  const index = MONTHS.indexOf(month ?? "");
  // Two digits: RFC 9110 counts what would be more than 50 years ahead as past.
  const full =
    year?.length === 2 ? 2000 + Number(year) - (Number(year) > 76 ? 100 : 0) : Number(year);
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  if (index < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  return Date.UTC(full, index, Number(day), hour, minute, second);
}
