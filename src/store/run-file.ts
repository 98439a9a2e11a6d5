/**
 * The archive inside a self-extracting shell script, read as data: nothing of the script is run.
 *
 * @module
 */
import { digestOf, hexOf } from "../oci/digest.ts";
import { malformed } from "../oci/fields.ts";
import type { CompressedInput } from "./expand.ts";

/** Most bytes of a script: it is read into memory, and is meant to be small. */
export const RUN_LIMIT = 32 * 1024 * 1024;

const FIRST = "#!/bin/sh\n{\n";
/** Between these stand lines of base64; no line of them can be the end. */
const PAYLOAD = "\\command cat <<'/hiatus/payload'\n";
const PAYLOAD_END = "\n/hiatus/payload\n";
const BASE64 = /^(?:[A-Za-z0-9+/]{76}\n)*[A-Za-z0-9+/]{1,76}={0,2}$/;

/** Does it begin like one of our scripts? */
export function isRunFile(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, FIRST.length)).toString("latin1") === FIRST;
}

/** How many first bytes tell. */
export const RUN_MAGIC = FIRST.length;

/**
 * The gzipped tar that a script carries. Its last line is the checksum of everything before it, and is looked at first.
 *
 * @throws HiatusError `CONTENT` when the script is damaged, cut short or too large, or carries nothing.
 */
export function readRunFile(input: CompressedInput): Uint8Array {
  const refuse = (why: string) => malformed(input.name, why);
  const bytes = input.read(0, RUN_LIMIT + 1);
  if (bytes.byteLength > RUN_LIMIT) throw refuse(`it has more than ${RUN_LIMIT} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const [, sum] = /^# sha256 ([0-9a-f]{64})\n$/.exec(text.slice(end)) ?? [];
  if (sum === undefined || sum !== hexOf(digestOf(bytes.subarray(0, end)))) {
    throw refuse("the script is damaged or cut short: its checksum is wrong");
  }
  const from = text.indexOf(PAYLOAD);
  const until = text.indexOf(PAYLOAD_END, from);
  const base64 = text.slice(from + PAYLOAD.length, until);
  if (from < 0 || until < 0 || !BASE64.test(base64)) throw refuse("it carries no archive");
  return Buffer.from(base64, "base64");
}
