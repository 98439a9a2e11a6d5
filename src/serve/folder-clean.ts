/**
 * What a server that was killed leaves behind.
 *
 * @module
 */
import { lstatSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, ioError } from "../store/io-error.ts";

/** Files and folders that were being made: of a layout, of its index.json and its lock, of a repository. */
const UNFINISHED = /^(?:\.hiatus-|\.new-|index\.json\.lock)/;

/**
 * Removes what was being made, and uploads that rested for longer than `uploadAge` milliseconds. To be called while the
 * folder is locked: nobody makes anything then.
 */
export function cleanUp(repositories: string, uploads: string, uploadAge: number): void {
  removeUnfinished(repositories);
  for (const entry of list(repositories)) {
    if (entry.isDirectory()) removeUnfinished(join(repositories, entry.name));
  }
  for (const entry of list(uploads)) {
    if (!entry.isDirectory()) continue;
    const folder = join(uploads, entry.name);
    forgetUploads(folder, uploadAge);
    removeIfEmpty(folder);
  }
}

/** Removes the uploads in a folder that rested for too long. @returns how many they were. */
export function forgetUploads(folder: string, uploadAge: number): number {
  let forgotten = 0;
  for (const { name } of list(folder)) {
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || Date.now() - stat.mtimeMs < uploadAge) continue;
    remove(path);
    forgotten++;
  }
  return forgotten;
}

function removeUnfinished(folder: string): void {
  for (const { name } of list(folder)) if (UNFINISHED.test(name)) remove(join(folder, name));
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw ioError(error, "read", folder);
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    throw ioError(error, "remove", path);
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (errnoOf(error) !== "ENOTEMPTY" && errnoOf(error) !== "EEXIST") {
      throw ioError(error, "remove", folder);
    }
  }
}
