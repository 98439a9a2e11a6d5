/**
 * Facts about files, looked up once per build however many platforms ask: content hashes and identities.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";

/** Looks at files and remembers what it saw. One per build; never shared between builds. */
export interface Files {
  /** SHA-256 of the content in hex, or undefined when it cannot be read. */
  hash(path: string): string | undefined;
  /**
   * Real path, size, inode and times of a file that is too big to hash on every build (a compiler), or undefined when
   * it is not there.
   */
  identity(path: string): string | undefined;
  /** Is something there? */
  exists(path: string): boolean;
}

/**
 * Reads synchronously: a build looks at about a hundred small files, and in one go that takes 3 ms, where as many
 * promises take 15. Content is always read: size and times of headers are not trusted.
 */
export function lookAtFiles(): Files {
  return {
    hash: remember((path) => sha256(readFileSync(path))),
    identity: remember((path) => {
      const real = realpathSync(path);
      const { size, ino, mtimeNs, ctimeNs } = statSync(real, { bigint: true });
      return [real, size, ino, mtimeNs, ctimeNs].join(" ");
    }),
    exists: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
  };
}

/** SHA-256 in hex. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * Has the file been left alone since a moment (milliseconds since 1970)? A kernel's clock for files lags by up to 10 ms, and
 * some file systems count whole seconds: when in doubt the answer is no.
 */
export function unchangedSince(path: string, moment: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  const changed = Math.max(stat.ctimeMs, stat.mtimeMs);
  const lag = changed % 1000 === 0 ? 2000 : 100;
  return changed < moment - lag;
}

function remember<T>(look: (path: string) => T): (path: string) => T | undefined {
  const seen = new Map<string, T | undefined>();
  return (path) => {
    if (seen.has(path)) return seen.get(path);
    let found: T | undefined;
    try {
      found = look(path);
    } catch {
      found = undefined;
    }
    seen.set(path, found);
    return found;
  };
}
