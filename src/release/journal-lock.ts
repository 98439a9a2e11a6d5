/**
 * One releaser at a time for a journal.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { ioError } from "../store/io-error.ts";
import { takeProcessLock } from "../store/process-lock.ts";

/**
 * Runs something while no other process works with the journal.
 *
 * @throws HiatusError `IO` when another one does, or the folder of the journal cannot be made.
 */
export async function withJournalLock<T>(journal: string, work: () => Promise<T>): Promise<T> {
  const folder = dirname(journal);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw ioError(error, "make", folder);
  }
  const lock = takeProcessLock(`${journal}.lock`, `the journal "${journal}"`);
  try {
    return await work();
  } finally {
    lock.release();
  }
}
