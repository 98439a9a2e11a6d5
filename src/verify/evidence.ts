/**
 * What was seen, in words.
 *
 * @module
 */
import { constants } from "node:os";
import type { Exit } from "./probe.ts";

/** Text of a stranger as evidence: short, on one line, nothing that moves a cursor. */
export function quote(text: string, most = 100): string {
  const escaped = JSON.stringify(text.slice(0, most)).replaceAll(
    /\p{C}/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return text.length > most ? `${escaped}… (${text.length} bytes)` : escaped;
}

/** `exit code 0`, or `SIGSEGV`. */
export function describeExit({ code, signal }: Exit): string {
  if (code !== undefined) return `exit code ${code}`;
  return signal === undefined ? "an unknown end" : signalName(signal);
}

/** `SIGTERM` for this host's number of it. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}

/** `EPERM` for this host's number of it. */
export function errnoName(number: number): string {
  const found = Object.entries(constants.errno).find(([, value]) => value === number);
  return found?.[0] ?? `errno ${number}`;
}

/** `5 s`, `0.5 s`. */
export function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}

/** Nanoseconds between two moments as people read them: `12 µs`, `3.4 ms`. */
export function duration(from: bigint, to: bigint): string {
  const microseconds = Number(to - from) / 1000;
  return microseconds < 1000
    ? `${Math.round(microseconds)} µs`
    : `${(microseconds / 1000).toFixed(1)} ms`;
}
