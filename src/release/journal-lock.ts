/**
 * One releaser at a time for a journal.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { takeProcessLock } from "../store/process-lock.ts";

/**
 * Runs something while no other process works with the journal.
 *
 * @throws HiatusError `IO` when another one does.
 */
export async function withJournalLock<T>(journal: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(journal), { recursive: true });
  const lock = takeProcessLock(`${journal}.lock`, `the journal "${journal}"`);
  try {
    return await work();
  } finally {
    lock.release();
  }
}
