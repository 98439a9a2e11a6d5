/**
 * Content as people name it: `oci:DIR[:TAG][@DIGEST]` for a layout, `oci-archive:FILE[:TAG][@DIGEST]` for an archive,
 * `[docker://]HOST/PATH[:TAG][@DIGEST]` for a repository of a registry. The prefixes are skopeo's.
 *
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-transports.5.md
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import { type Digest, isDigest } from "./digest.ts";
import { formatReference, parseReference, type Reference } from "./reference.ts";
import { isTag } from "./tag.ts";

/** A layout or an archive, and what is meant in it: all, a tag, a digest, or a tag that must have that digest. */
export interface LocalTarget {
  readonly kind: "oci" | "oci-archive";
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** A repository of a registry, and what is meant in it. */
export interface RegistryTarget extends Reference {
  readonly kind: "registry";
}

/** Whatever a user may name. */
export type Target = LocalTarget | RegistryTarget;

/** How a target is read. */
export interface TargetOptions {
  /**
   * Must a reference name its registry? Where something is read, `busybox` means Docker Hub's as it does to Docker; where
   * something is written, a name that was meant for a folder must not become a repository of strangers.
   * @default false
   */
  readonly fullNames?: boolean;
}

/** What other tools take as well, and URLs. A port after the name makes it a host: `dir:5000/pause`. */
const FOREIGN =
  /^(?:dir|docker-archive|docker-daemon|containers-storage|ocidir|ostree|sif|tarball|https?):(?![0-9]+\/)/;

/**
 * Reads a target. Text that looks like a path (`./dist`, `/srv/pause`) is a layout. In a path the last colon begins a
 * tag unless a slash follows it, so paths may hold colons: a folder called `a:b` is `oci:a:b/`.
 *
 * @throws HiatusError `USAGE` when the text has another form, `INVALID` when it breaks the grammar of references.
 */
export function parseTarget(text: string, options: TargetOptions = {}): Target {
  const match = /^(oci|oci-archive):(.*)$/s.exec(/^[./]/.test(text) ? `oci:${text}` : text);
  if (match === null) return parseRegistryTarget(text, options);
  const [, kind, rest] = match as unknown as [string, LocalTarget["kind"], string];
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
  if (target.kind === "registry") {
    const text = formatReference(target);
    // A host may be called as a prefix is.
    return /^oci(?:-archive)?:/.test(text) ? `docker://${text}` : text;
  }
  const { kind, path, tag, digest } = target;
  return `${kind}:${path}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

function parseRegistryTarget(text: string, { fullNames = false }: TargetOptions): RegistryTarget {
  const docker = text.startsWith("docker://");
  if (text === "") throw usage(text, "it is empty");
  if (!docker && FOREIGN.test(text)) throw usage(text, `it begins with "${text.split(":")[0]}:"`);
  let reference: Reference;
  try {
    reference = parseReference(text);
  } catch (error) {
    if (!isHiatusError(error, "INVALID")) throw error;
    throw new HiatusError("INVALID", error.message, { cause: error, hint: FORMS });
  }
  const hub = reference.registry === "docker.io";
  if (fullNames && hub && !/^(?:docker:\/\/)?(?:index\.)?docker\.io\//.test(text)) {
    const { tag: _, digest: __, ...name } = reference;
    throw new HiatusError(
      "USAGE",
      `"${text.slice(0, 300)}" does not say which registry to write to`,
      {
        hint: `Write "${formatReference(name)}" for Docker Hub, "HOST/${text.slice(0, 100)}" for another registry, or "oci:${text.slice(0, 100)}" for a folder`,
      },
    );
  }
  return { kind: "registry", ...reference };
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

const FORMS =
  'Write "oci:DIR[:TAG][@DIGEST]" for a layout, "oci-archive:FILE[:TAG][@DIGEST]" for an archive or "HOST[:PORT]/PATH[:TAG][@DIGEST]" for a registry';

function usage(text: string, why: string): HiatusError {
  return new HiatusError("USAGE", `Cannot tell what "${text.slice(0, 300)}" means: ${why}`, {
    hint: FORMS,
  });
}
