/**
 * What a check of an image says.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";

/** One check of one subject. */
export interface CheckResult {
  /** A platform such as `linux/arm64/v8`, or `index`. */
  readonly subject: string;
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly status: "passed" | "failed" | "not tried";
  /** What was seen; for "not tried" the reason. */
  readonly evidence: string;
}

/** Thrown by a check that fails, with what it saw. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
}

/** Thrown by a check that cannot be tried here, with the reason. It has seen nothing, so it is no verdict. */
export class NotTried extends Error {
  override readonly name = "NotTried";
}

/** Fails the check unless the condition holds. */
export function demand(condition: boolean, evidence: string): asserts condition {
  if (!condition) throw new CheckFailed(evidence);
}

/**
 * Runs one check. Its return value is the evidence; a {@link CheckFailed} or a `CONTENT`, `NOT_FOUND` or `INVALID` error is a
 * failed check; {@link NotTried} is none; any other error (a disk that refuses, an abort) is not a verdict and is thrown on.
 */
export async function runCheck(
  subject: string,
  check: string,
  body: () => Promise<string> | string,
): Promise<CheckResult> {
  try {
    return { subject, check, status: "passed", evidence: await body() };
  } catch (error) {
    if (error instanceof NotTried) {
      return { subject, check, status: "not tried", evidence: error.message };
    }
    const verdict =
      error instanceof CheckFailed ||
      (error instanceof HiatusError && ["CONTENT", "NOT_FOUND", "INVALID"].includes(error.code));
    if (!verdict) throw error;
    return { subject, check, status: "failed", evidence: error.message };
  }
}
