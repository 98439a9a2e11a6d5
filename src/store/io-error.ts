/**
 * What the operating system says, as an error of ours.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";

/** The code of an error of `node:fs`, for example `ENOENT`; undefined for other errors. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/**
 * Turns an error of `node:fs` into an `IO` error that says what to do; passes everything else on.
 *
 * @param doing what was tried, in the infinitive, for example `write`.
 */
export function ioError(error: unknown, doing: string, path: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  return new HiatusError("IO", `Cannot ${doing} "${path}": ${REASONS[errno]?.[0] ?? errno}`, {
    detail: { path, errno },
    hint: REASONS[errno]?.[1] ?? "Check the path and the file system",
    cause: error,
  });
}

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  EACCES: ["permission denied", "Change its permissions or choose another path"],
  EDQUOT: ["the quota is used up", "Free some space or choose another path"],
  EEXIST: ["it is there already", "Remove it or choose another path"],
  EISDIR: ["it is a folder", "Name a file"],
  ELOOP: ["it is a symbolic link", "Use the file or folder itself; links are not followed"],
  EMFILE: ["too many files are open", "Raise the limit with ulimit -n"],
  ENOENT: ["it is not there", "Check the path"],
  ENOSPC: ["the disk is full", "Free some space or choose another path"],
  ENOTDIR: ["a part of the path is not a folder", "Check the path"],
  ENOTEMPTY: ["the folder is not empty", "Empty it or choose another path"],
  EPERM: ["the operation is not permitted", "Change its permissions or choose another path"],
  EROFS: ["the file system is read-only", "Choose a path that can be written"],
};
