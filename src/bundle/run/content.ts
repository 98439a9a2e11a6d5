/**
 * What a self-extracting script carries, and the plain text that tells the shell of it: no JSON is parsed on site.
 *
 * @module
 */
import { HiatusError } from "../../errors.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { algorithmOf, type Digest } from "../../oci/digest.ts";
import { formatPlatform, type Platform } from "../../oci/platform.ts";
import { parseTag } from "../../oci/tag.ts";

/** One platform's image. */
export interface RunPlatform {
  readonly platform: Platform;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** One content, blob or manifest. */
export interface RunItem {
  readonly kind: "blob" | "manifest";
  readonly descriptor: Descriptor;
  /** Tag by which registries without referrers find an attachment: `sha256-…`, `sha256-….sig`. */
  readonly tag?: string | undefined;
}

/** Something that refers to a content, as a registry lists it. */
export interface RunReferrer {
  readonly subject: Digest;
  readonly descriptor: Descriptor;
}

/** What a script is made of. */
export interface RunContent {
  /** `pause`. */
  readonly name: string;
  /** `3.10.2`. */
  readonly version: string;
  /** What nodes call the image: `registry.k8s.io/pause`. Without it `localhost/NAME`. */
  readonly repository?: string | undefined;
  /** At least one. The first is the one that is shown. */
  readonly tags: readonly string[];
  readonly root: Descriptor;
  readonly platforms: readonly RunPlatform[];
  /** Everything in the archive in the order in which it is pushed: blobs, then manifests with children before parents. The root is one of them. */
  readonly contents: readonly RunItem[];
  /** What a tag lists at registries that do not by themselves; those of a subject stand together. @default none */
  readonly referrers?: readonly RunReferrer[] | undefined;
  /** The archive, a tar compressed by gzip: `oci-layout`, `index.json` and `blobs/sha256/…`. */
  readonly archive: Uint8Array;
}

/**
 * The table of contents, a line each, words with single spaces between them:
 *
 * ```text
 * name NAME | version VERSION | repository REPOSITORY | tag TAG
 * root DIGEST SIZE TYPE
 * platform OS/ARCHITECTURE[/VARIANT] BYTES MANIFEST CONFIG LAYER…
 * blob DIGEST SIZE TYPE
 * manifest DIGEST SIZE TYPE [TAG]
 * referrer DIGEST SIZE TYPE SUBJECT ARTIFACT-TYPE|none
 * ```
 *
 * @throws HiatusError `INVALID` when a value could be anything but one plain word in a shell, or a digest is not SHA-256.
 */
export function contentsTable(content: RunContent): string {
  const { name, version, repository = `localhost/${name}`, tags, root, platforms } = content;
  const lines = [
    ["name", name],
    ["version", version],
    ["repository", repository],
    ...tags.map((tag) => ["tag", parseTag(tag)]),
    ["root", ...wordsOf(root)],
    ...platforms.map((one) => ["platform", ...platformWords(one)]),
    ...content.contents.map(({ kind, descriptor, tag }) => [
      kind,
      ...wordsOf(descriptor),
      ...(tag === undefined ? [] : [parseTag(tag)]),
    ]),
    ...(content.referrers ?? []).map(({ subject, descriptor }) => [
      ...["referrer", ...wordsOf(descriptor)],
      ...[subject, descriptor.artifactType ?? "none"],
    ]),
  ];
  if (tags.length === 0) refuse("it has no tag");
  if (!content.contents.some(({ descriptor }) => descriptor.digest === root.digest))
    refuse("its root is not among the contents");
  return lines.map((words) => words.map(plainWord).join(" ")).join("\n");
}

function wordsOf({ digest, size, mediaType }: Descriptor): string[] {
  if (algorithmOf(digest) !== "sha256") refuse(`${digest.slice(0, 80)} is not a SHA-256 digest`);
  return [digest, String(size), mediaType];
}

function platformWords({ platform, manifest, config, layers }: RunPlatform): string[] {
  const parts = [manifest, config, ...layers];
  const bytes = parts.reduce((sum, { size }) => sum + size, 0);
  return [formatPlatform(platform), String(bytes), ...parts.map(({ digest }) => digest)];
}

/** Only what no shell, pattern or terminal gives a meaning to. */
function plainWord(word: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,254}$|^_[A-Za-z0-9._-]*$/.test(word))
    refuse(`"${word.slice(0, 160)}" is not a plain word`);
  return word;
}

function refuse(why: string): never {
  throw new HiatusError("INVALID", `The script cannot be written: ${why}`, {
    hint: "Write a .tar or .tar.gz bundle instead, which says it in JSON",
  });
}
