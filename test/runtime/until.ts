/**
 * Waiting for something to become true.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";

/** How long to wait. */
export interface UntilOptions {
  /** Milliseconds. @default 30000 */
  readonly timeout?: number;
  /** Milliseconds between two looks. @default 25 */
  readonly every?: number;
  /** Says more when the time is over. */
  readonly explain?: () => string | Promise<string>;
}

/**
 * Looks again and again until there is an answer.
 *
 * @param what - What is waited for, for the message.
 * @param look - Resolves to undefined or false as long as there is none.
 * @throws Error when the time is over; whatever `look` throws.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  options: UntilOptions = {},
): Promise<T> {
  const { timeout = 30_000, every = 25, explain } = options;
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await look();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() >= end) {
      const more = explain === undefined ? "" : `\n${await explain()}`;
      throw new Error(`Waited ${timeout / 1000} s in vain for ${what}${more}`);
    }
    await setTimeout(every);
  }
}
