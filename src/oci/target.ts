/**
 * Content on this machine as people name it: `oci:DIR[:TAG][@DIGEST]` for a layout,
 * `oci-archive:FILE[:TAG][@DIGEST]` for an archive. The prefixes are skopeo's.
 *
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-transports.5.md
 * @module
 */
import { HiatusError } from "../errors.ts";
import { type Digest, isDigest } from "./digest.ts";
import { isTag } from "./tag.ts";

/** A layout or an archive, and what is meant in it: all, a tag, a digest, or a tag that must have that digest. */
export interface Target {
  readonly kind: "oci" | "oci-archive";
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/**
 * Reads a target. The last colon begins a tag unless a slash follows it, so paths may hold colons:
 * a folder called `a:b` is `oci:a:b/`.
 *
 * @throws HiatusError `USAGE` when the text has another form.
 */
export function parseTarget(text: string): Target {
  const match = /^(oci|oci-archive):(.*)$/s.exec(text);
  if (match === null) throw usage(text, 'it begins with neither "oci:" nor "oci-archive:"');
  const [, kind, rest] = match as unknown as [string, Target["kind"], string];
  const { before: named, digest } = splitDigest(rest, text);
  const { before: path, tag } = splitTag(named, text);
  if (path === "") throw usage(text, "it names no path");
  if (path.includes("\0")) throw usage(text, "its path holds a NUL character");
  return {
    kind,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Writes a target, so that {@link parseTarget} reads the same from it. */
export function formatTarget(target: Target): string {
  const { kind, path, tag, digest } = target;
  return `${kind}:${path}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

function splitDigest(rest: string, text: string): { before: string; digest?: Digest } {
  const at = rest.lastIndexOf("@");
  const digest = rest.slice(at + 1);
  // An @ that no algorithm follows belongs to the path.
  if (at < 0 || !/^sha(?:256|512):/.test(digest)) return { before: rest };
  if (!isDigest(digest)) throw usage(text, "what follows the last @ is not a digest");
  return { before: rest.slice(0, at), digest };
}

function splitTag(named: string, text: string): { before: string; tag?: string } {
  const colon = named.lastIndexOf(":");
  const tag = named.slice(colon + 1);
  if (colon < 0 || tag.includes("/")) return { before: named };
  if (!isTag(tag)) throw usage(text, "what follows the last colon is neither a tag nor a path");
  return { before: named.slice(0, colon), tag };
}

function usage(text: string, why: string): HiatusError {
  return new HiatusError("USAGE", `Cannot tell what "${text.slice(0, 300)}" means: ${why}`, {
    hint: 'Write "oci:DIR[:TAG][@DIGEST]" for a layout or "oci-archive:FILE[:TAG][@DIGEST]" for an archive',
  });
}
