/**
 * NDJSON: one event a line on standard output.
 *
 * @module
 */

/** Writes one event. */
export function jsonLine(event: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
