/**
 * Names and passwords in a file, as `htpasswd -B` writes it.
 *
 * @see https://httpd.apache.org/docs/2.4/misc/password_encryptions.html
 * @module
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { HiatusError } from "../errors.ts";
import { createQueue } from "./alone.ts";
import type { Authenticate } from "./gate.ts";

/** Names and what bcrypt made of their passwords. */
export type Passwords = ReadonlyMap<string, string>;

/** bcrypt takes at least 50 ms, on purpose: more than this many at once would only be a way to keep us busy. */
const WAITING_LIMIT = 16;
/** Most credentials that are remembered as right. */
const KNOWN_LIMIT = 1000;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * Reads the lines `name:hash`. Lines that begin with # are comments.
 *
 * @param what names the file in errors.
 * @throws HiatusError `CONFIG` when a line is not one, or a password is kept by something else than bcrypt, as Docker's
 * registry has it too.
 */
export function parsePasswords(text: string, what: string): Passwords {
  const passwords = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    const hash = line.slice(colon + 1).trim();
    const cost = Number(BCRYPT.exec(hash)?.[1] ?? 0);
    if (colon < 1 || cost < 4 || cost > 16) throw refused(what, index + 1);
    passwords.set(line.slice(0, colon), hash);
  }
  return passwords;
}

/** Never the line itself: it is next to a secret. */
function refused(what: string, line: number): HiatusError {
  return new HiatusError("CONFIG", `Line ${line} of ${what} is not a name and a bcrypt password`, {
    detail: { line },
    hint: "Write it with `htpasswd -B` (cost 4 to 16); other kinds of passwords are not taken",
  });
}

/** Reads a file of passwords. */
export function readPasswords(path: string): Passwords {
  try {
    return parsePasswords(readFileSync(path, "utf8"), `"${path}"`);
  } catch (error) {
    if (error instanceof HiatusError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new HiatusError("CONFIG", `Cannot read the passwords in "${path}": ${code ?? error}`, {
      cause: error,
      hint: "Check the path and its permissions",
    });
  }
}

/**
 * Checks names and passwords against a file, and reads it again when it changes. What was right once is remembered by a
 * keyed hash, in memory only, because bcrypt is slow on purpose and a pull is many requests.
 *
 * @param onError is told when the changed file cannot be used; the passwords from before then stay.
 * @throws HiatusError `CONFIG`
 */
export async function htpasswd(
  path: string,
  onError: (error: unknown) => void = () => undefined,
): Promise<Authenticate> {
  const { compare } = await import("bcryptjs");
  const key = randomBytes(32);
  let passwords = readPasswords(path);
  let changed = changeOf(path);
  let checked = Date.now();
  const known = new Map<string, { readonly proof: Buffer; readonly hash: string }>();
  const alone = createQueue();
  let waiting = 0;

  const refresh = (): void => {
    if (Date.now() - checked < 1000) return;
    checked = Date.now();
    const now = changeOf(path);
    if (now === changed) return;
    changed = now;
    try {
      passwords = readPasswords(path);
    } catch (error) {
      onError(error);
    }
  };

  return async (name, password) => {
    refresh();
    const hash = passwords.get(name);
    const proof = createHmac("sha256", key).update(password).digest();
    const before = known.get(name);
    // Right before, and its line is the same still.
    if (before !== undefined && before.hash === hash && timingSafeEqual(before.proof, proof)) {
      return true;
    }
    if (waiting >= WAITING_LIMIT) return "busy";
    waiting++;
    try {
      // A name that is not there takes as long as a wrong password.
      const [somebody = ""] = passwords.values();
      const right = await alone(() => compare(password, hash ?? somebody));
      if (!right || hash === undefined) return false;
    } finally {
      waiting--;
    }
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(name, { proof, hash });
    return true;
  };
}

/** What tells one state of a file from the next. */
function changeOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
}
