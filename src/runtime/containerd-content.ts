/**
 * What containerd has, read through `ctr`: names with their labels, and content by digest. Nothing is changed here.
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.38/cmd/ctr/commands/images/images.go (the columns of a list)
 * @module
 */
import { HiatusError } from "../errors.ts";
import { parseImageConfig } from "../oci/config.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import { isIndex, parseDocument } from "../oci/document.ts";
import { MediaType } from "../oci/media-type.ts";
import { formatPlatform, type Platform, samePlatform } from "../oci/platform.ts";
import { parseReference } from "../oci/reference.ts";
import { must, type Run } from "./runner.ts";

/** The label that keeps an image from the kubelet's garbage collection. */
export const PIN = "io.cri-containerd.pinned=pinned";

/** How a containerd is asked: `ctr`, or `k3s ctr`, with its flags. */
export interface Ctr {
  readonly run: Run;
  readonly command: readonly string[];
}

/** `ctr` with its flags. @param words the program, `["k3s", "ctr"]` for that of k3s. */
export function ctrOf(
  run: Run,
  words: readonly string[],
  { address, namespace }: { readonly address?: string | undefined; readonly namespace: string },
): Ctr {
  const socket = address?.replace(/^unix:\/\//, "");
  return {
    run,
    command: [
      ...words,
      ...(socket === undefined ? [] : ["--address", socket]),
      "--namespace",
      namespace,
    ],
  };
}

/** An image as containerd lists it. */
export interface ListedImage {
  readonly name: string;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly pinned: boolean;
}

/** The images of the namespace, those of some names or all. */
export async function listContainerd(
  { run, command }: Ctr,
  names: readonly string[] | undefined,
  signal?: AbortSignal | undefined,
): Promise<readonly ListedImage[]> {
  const filters = (names ?? []).map((name) => `name==${name}`);
  const { stdout } = await must(run, [...command, "images", "ls", ...filters], signal);
  return stdout
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [name, mediaType, digest, ...rest] = line.trim().split(/\s+/);
      if (name === undefined || mediaType === undefined || digest === undefined) return [];
      const labels = (rest.at(-1) ?? "").split(",");
      return [{ name, mediaType, digest: digest as Digest, pinned: labels.includes(PIN) }];
    });
}

/** What is there of an image, for one platform and in all. */
export interface ContainerdClosure {
  /** Manifests, configs and layers that a descriptor names and that are not there. */
  readonly missing: readonly Digest[];
  /** Content whose bytes are not those of its digest. */
  readonly damaged: readonly Digest[];
  /** What of both belongs to the platform; all of it where the platform is not found. */
  readonly missingHere: readonly Digest[];
  /** What the image is of, by its configs. */
  readonly platforms: readonly string[];
  /** The manifest for one of the platforms that were asked for. */
  readonly manifest: Digest | undefined;
}

/** Of a root only its digest and media type are known. */
type Visited = Pick<Descriptor, "digest" | "mediaType" | "platform"> & {
  readonly size?: number;
};

/** Larger blobs are not rehashed: pause's are a few hundred bytes, and a doctor does not read gigabytes. */
const REHASH_LIMIT = 4 * 1024 * 1024;

/**
 * Walks an image from its root. Documents and what this node needs are rehashed; of what others need is seen that it is there.
 *
 * @param platforms those that this node runs, best first.
 * @param others how images for other nodes are looked at: to their last layer, or only whether their manifests are there.
 * @throws HiatusError `RUNTIME` when containerd cannot be asked; `CONTENT` when a document whose digest is right breaks its
 * specification.
 */
export async function readClosure(
  ctr: Ctr,
  root: Pick<Descriptor, "digest" | "mediaType">,
  platforms: readonly Platform[],
  others: "whole" | "manifests",
  signal?: AbortSignal | undefined,
): Promise<ContainerdClosure> {
  const held = await contentOf(ctr, signal);
  const missing = new Set<Digest>();
  const damaged = new Set<Digest>();
  const images: { manifest: Digest; parts: readonly Digest[]; platform: Platform }[] = [];

  const read = async (digest: Digest, size?: number): Promise<Uint8Array | undefined> => {
    if (!held.has(digest)) {
      missing.add(digest);
      return undefined;
    }
    if ((size ?? 0) > REHASH_LIMIT) return undefined;
    const { bytes } = await must(ctr.run, [...ctr.command, "content", "get", digest], signal);
    if (digestOf(bytes) === digest && (size ?? bytes.length) === bytes.length) return bytes;
    damaged.add(digest);
    return undefined;
  };
  const isOther = (platform: Platform | undefined): boolean =>
    platform !== undefined && !platforms.some((wanted) => samePlatform(wanted, platform));
  const walk = async (
    { digest, mediaType, size, platform: named }: Visited,
    depth: number,
  ): Promise<void> => {
    if (others === "manifests" && isOther(named)) {
      if (!held.has(digest)) missing.add(digest);
      return;
    }
    const bytes = await read(digest, size);
    if (bytes === undefined || depth > 8) return;
    const document = parseDocument(bytes, mediaType);
    if (isIndex(document)) {
      await Promise.all(document.manifests.map((child) => walk(child, depth + 1)));
      return;
    }
    const { config, layers } = document;
    const parts = [digest, config.digest, ...layers.map((layer) => layer.digest)];
    if (named !== undefined && isOther(named)) {
      for (const part of parts) if (!held.has(part)) missing.add(part);
      images.push({ manifest: digest, parts, platform: named });
      return;
    }
    const [text] = await Promise.all(
      [config, ...layers].map((part) => read(part.digest, part.size)),
    );
    if (!CONFIGS.includes(config.mediaType)) return;
    const platform = text === undefined ? named : platformIn(text);
    if (platform !== undefined) images.push({ manifest: digest, parts, platform });
  };
  await walk(root, 0);

  const own = platforms
    .map((wanted) => images.find(({ platform }) => samePlatform(platform, wanted)))
    .find((one) => one !== undefined);
  const lacking = [...missing, ...damaged];
  return {
    missing: [...missing],
    damaged: [...damaged],
    missingHere:
      own === undefined ? lacking : lacking.filter((digest) => own.parts.includes(digest)),
    platforms: images.map(({ platform }) => formatPlatform(platform)).sort(),
    manifest: own?.manifest,
  };
}

const CONFIGS: readonly string[] = [MediaType.ociConfig, MediaType.dockerConfig];

function platformIn(bytes: Uint8Array): Platform {
  const { os, architecture, variant } = parseImageConfig(bytes);
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** The digests of the content store, that of all namespaces' content which this one shares. */
async function contentOf(
  { run, command }: Ctr,
  signal?: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const { stdout } = await must(run, [...command, "content", "ls", "--quiet"], signal);
  return new Set(stdout.split("\n").filter(Boolean));
}

/** Which of the images containerd calls unpacked: their layers may be gone on purpose (discard_unpacked_layers). */
export async function unpackedOf(
  { run, command }: Ctr,
  name: string,
  signal?: AbortSignal | undefined,
): Promise<boolean> {
  const { stdout } = await must(run, [...command, "images", "check", `name==${name}`], signal);
  return stdout.split("\n").some((line) => line.startsWith(name) && /\btrue\s*$/.test(line));
}

/** Refuses what is no name of an image, before it becomes an argument or a filter. */
export function plainName(name: string): string {
  if (/^[\w.\-/:@[\]]{1,1024}$/.test(name) && !name.startsWith("-")) return name;
  throw new HiatusError("INVALID", `"${name.slice(0, 160)}" cannot be the name of an image`, {
    hint: 'Write it in full, for example "registry.k8s.io/pause:3.10"',
  });
}

/**
 * What the CRI calls an image that a configuration names: in full, by its digest alone where it has one.
 *
 * @see https://github.com/distribution/reference/blob/v0.6.0/normalize.go (ParseDockerRef)
 */
export function criName(image: string): string {
  const { registry, repository, tag = "latest", digest } = parseReference(image);
  return `${registry}/${repository}${digest === undefined ? `:${tag}` : `@${digest}`}`;
}
