/**
 * What the image of a bundle is called.
 *
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import { isAttachmentTag } from "../graph/attachments.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseDocument, READ_LIMIT } from "../oci/document.ts";
import { formatReference, parseReference } from "../oci/reference.ts";
import { isTag } from "../oci/tag.ts";
import { renderTemplate, TAG_LISTS } from "../release/mirrors/template.ts";
import type { Source } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import { repositoryOf } from "./destination.ts";
import type { OpenedSource } from "./open.ts";

/** Names as a bundle has them: `repository:tag` for each tag. */
export interface BundleNames {
  readonly repository: string;
  /** The version's own first, where it has one. */
  readonly tags: readonly string[];
}

/**
 * The names that flags ask for, else those that the image has where it comes from.
 *
 * @throws HiatusError `USAGE` when there is no name, or a template cannot be rendered.
 */
export async function bundleNames(
  opened: OpenedSource,
  flags: { readonly name?: string; readonly tag?: readonly string[] },
  signal: AbortSignal,
): Promise<BundleNames> {
  const repository = flags.name === undefined ? repositoryOf(opened) : parseName(flags.name);
  if (repository === undefined) {
    throw new HiatusError("USAGE", "Nothing says what the image is called", {
      hint: "Name it as nodes ask for it, for example --name registry.k8s.io/pause",
    });
  }
  const tags =
    flags.tag === undefined
      ? await tagsOfImage(opened, signal)
      : await renderTags(flags.tag, await nameOfImage(repository, opened, signal));
  return { repository, tags };
}

function parseName(name: string): string {
  const { registry, repository, tag, digest } = parseReference(name);
  if (tag === undefined && digest === undefined) return formatReference({ registry, repository });
  throw new HiatusError("USAGE", `"${name}" ends with a tag or a digest`, {
    hint: `Write --name ${formatReference({ registry, repository })}, and tags with --tag`,
  });
}

/** The tag that was named; on this machine, where looking is cheap, every other one of the same image as well. */
export async function tagsOfImage(
  { target, source, root, tag }: OpenedSource,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const first = tag === undefined ? [] : [tag];
  if (target.kind === "registry" || target.tag !== undefined) return first;
  const tags = new Set(first);
  const version = await versionOf(source, root, signal);
  for await (const one of source.tags({ signal })) {
    if (isAttachmentTag(one)) continue;
    if ((await source.resolve(one, { signal })).digest === root.digest) tags.add(one);
  }
  // What it is called most exactly goes first: importers that know one name only take that.
  const all = [...tags];
  return [...all.filter((one) => one === version), ...all.filter((one) => one !== version)];
}

/** An image as mirrors files name it. */
export interface ImageName {
  /** `pause` */
  readonly image: string;
  /** `3.10.2`; the tag that was named where the image does not say it. */
  readonly version: string;
}

/** The last part of its repository, and its version. */
export async function nameOfImage(
  repository: string,
  { source, root, tag }: Pick<OpenedSource, "source" | "root" | "tag">,
  signal: AbortSignal,
): Promise<ImageName> {
  const image = repository.slice(repository.lastIndexOf("/") + 1);
  return { image, version: (await versionOf(source, root, signal)) ?? tag ?? "" };
}

/** What the image says of itself, without the stamp that no tag has. */
async function versionOf(
  source: Pick<Source, "fetch">,
  root: Descriptor,
  signal: AbortSignal,
): Promise<string | undefined> {
  const bytes = await readAll(source, root, { limit: READ_LIMIT, signal });
  return parseDocument(bytes, root.mediaType).annotations?.[VERSION]?.replace(/\+.*$/, "");
}

/**
 * Tags from what a user writes: tags, templates, and the lists of mirrors files.
 *
 * @throws HiatusError `USAGE` when a template cannot be rendered.
 */
export async function renderTags(
  templates: readonly string[],
  { image, version }: ImageName,
): Promise<readonly string[]> {
  const tags: string[] = [];
  for (const template of templates) {
    const list = template === "{aliases}" ? await aliasesOf(image, version) : TAG_LISTS[template];
    const one = renderTemplate(template, { image, version });
    if (list !== undefined) tags.push(...list);
    else if (one !== undefined && isTag(one)) tags.push(one);
    else {
      throw new HiatusError("USAGE", `"${template.slice(0, 160)}" gives no tag`, {
        detail: { template, image, version },
        hint: "Write a tag, {version}, {major}.{minor}, {aliases} or {node-defaults}",
      });
    }
  }
  return [...new Set(tags)];
}

/** Those of the definition under images/. */
async function aliasesOf(image: string, version: string): Promise<readonly string[]> {
  const { nameImage } = await import("./release-setup.ts");
  try {
    return (await nameImage(image, { version })).aliases;
  } catch (error) {
    if (!isHiatusError(error)) throw error;
    throw new HiatusError(
      "USAGE",
      `There is no definition of "${image}" that could say its aliases`,
      {
        cause: error,
        hint: "Write the tags, or {node-defaults}",
      },
    );
  }
}

const VERSION = "org.opencontainers.image.version";
