/**
 * A row in the table of behaviour.
 *
 * @module
 */
import type { Trial } from "../trial.ts";

/** One thing that a pause program does. */
export interface Scenario {
  /** In a few words. */
  readonly check: string;
  /** Why it says nothing about a program that an emulator runs. @default it does say something */
  readonly notEmulated?: string;
  /**
   * Tries it.
   *
   * @returns what was seen.
   * @throws CheckFailed, NotTried, or an error of the probe.
   */
  readonly run: (trial: Trial) => Promise<string>;
}
