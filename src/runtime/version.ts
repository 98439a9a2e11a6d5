/**
 * Versions as nodes tell them: `1.31`, `v1.31.4+k3s1`, `1.6.20~ds1`, `v2.3.0-rc.1`.
 *
 * @see https://semver.org/spec/v2.0.0.html (Debian's `~` and a missing patch are taken besides)
 * @module
 */
import { HiatusError } from "../errors.ts";

/** A version that was read. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  /** 0 when it was left out. */
  readonly patch: number;
  /** What follows a plus or a tilde: `k3s1`, `ds1`. */
  readonly build: string | undefined;
  /** As it was written, without a `v`. */
  readonly text: string;
}

const GRAMMAR =
  /^v?((\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:-[0-9A-Za-z.-]{1,64})?(?:[+~]([0-9A-Za-z.+~-]{1,64}))?)$/;

/**
 * Reads a version.
 *
 * @param what whose version it is, for the message: `Kubernetes`.
 * @throws HiatusError `INVALID` when the text has another form.
 */
export function parseVersion(text: string, what: string): Version {
  const match = GRAMMAR.exec(text);
  if (match === null) {
    throw new HiatusError("INVALID", `"${text.slice(0, 80)}" is not a version of ${what}`, {
      hint: 'Write it as the node says it, for example "1.31.4", "v1.31.4+k3s1" or "2.1"',
    });
  }
  const [, bare = "", major, minor, patch, build] = match;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch ?? 0),
    build,
    text: bare,
  };
}

/** Is it this release or a later one? A patch left out of `release` is 0. */
export function atLeast(version: Version, release: string): boolean {
  const [major = 0, minor = 0, patch = 0] = release.split(".").map(Number);
  const differs = [version.major - major, version.minor - minor, version.patch - patch];
  return (differs.find((difference) => difference !== 0) ?? 0) >= 0;
}

/** `1.31`: what compatibility hangs on. */
export function releaseOf({ major, minor }: Version): string {
  return `${major}.${minor}`;
}
