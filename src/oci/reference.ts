/**
 * References to content in registries: `registry.k8s.io/pause:3.10@sha256:…`.
 *
 * @see https://github.com/distribution/reference/blob/v0.6.0/reference.go (the grammar)
 * @see https://github.com/distribution/reference/blob/v0.6.0/normalize.go (what short names mean)
 * @module
 */
import { HiatusError } from "../errors.ts";
import { type Digest, isDigest } from "./digest.ts";
import { isTag } from "./tag.ts";

/** A name in a registry, nothing left out. */
export interface Reference {
  /** Host and, where given, port: `registry.k8s.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** The path below it: `library/busybox`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::([0-9]{1,5}))?$/;
const REPOSITORY =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const REPOSITORY_LIMIT = 255;
const HOST_LIMIT = 260;
/** Longest text worth looking at: host, repository, tag, SHA-512 digest, scheme and separators. */
const TEXT_LIMIT = 1024;

/**
 * Reads `[docker://][host[:port]/]path[:tag][@digest]`. A name without a host is Docker Hub's, as
 * Docker and containerd have it: `busybox` is `docker.io/library/busybox`. No tag is made up.
 *
 * @throws HiatusError `INVALID` when the text breaks the grammar.
 */
export function parseReference(text: string): Reference {
  if (text.length > TEXT_LIMIT) throw invalid(text, "it is too long");
  const bare = text.startsWith("docker://") ? text.slice("docker://".length) : text;
  const at = bare.indexOf("@");
  const digest = at < 0 ? undefined : bare.slice(at + 1);
  if (digest !== undefined && !isDigest(digest))
    throw invalid(text, "what follows the @ is not a digest");
  const named = at < 0 ? bare : bare.slice(0, at);
  // A colon before the last slash belongs to a port.
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !isTag(tag)) throw invalid(text, "what follows the colon is not a tag");
  const name = colon < 0 ? named : named.slice(0, colon);
  const { registry, repository } = splitName(name, text);
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Does the text follow the grammar of a repository: a lower-case path of at most 255 characters, with no host? */
export function isRepository(text: string): boolean {
  return text.length <= REPOSITORY_LIMIT && REPOSITORY.test(text);
}

/** Writes a reference in full, so that {@link parseReference} reads the same from it. */
export function formatReference(reference: Reference): string {
  const { registry, repository, tag, digest } = reference;
  const named = tag === undefined ? repository : `${repository}:${tag}`;
  return `${registry}/${named}${digest === undefined ? "" : `@${digest}`}`;
}

function splitName(name: string, text: string): { registry: string; repository: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  let registry = "docker.io";
  let repository = name;
  // Docker's rule: the first part is a host when it cannot be anything else.
  if (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase()) {
    registry = first === "index.docker.io" ? "docker.io" : first;
    repository = name.slice(slash + 1);
  } else if (/^[0-9a-f]{64}$/.test(name)) {
    throw invalid(
      text,
      "64 hexadecimal characters are the name of an image ID, not of a repository",
    );
  }
  if (registry === "docker.io" && !repository.includes("/")) repository = `library/${repository}`;
  const host = HOST.exec(registry);
  if (host === null || registry.length > HOST_LIMIT || Number(host[1] ?? 1) > 65535) {
    throw invalid(text, "its registry is not a host with an optional port");
  }
  if (!isRepository(repository)) {
    throw invalid(text, "its repository is not a lower-case path");
  }
  return { registry, repository };
}

function invalid(text: string, why: string): HiatusError {
  return new HiatusError("INVALID", `"${text.slice(0, 160)}" is not a reference: ${why}`, {
    hint: 'Write it as "host[:port]/path[:tag][@digest]", for example "registry.k8s.io/pause:3.10"',
  });
}
