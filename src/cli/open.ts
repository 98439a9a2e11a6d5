/**
 * From what a user writes to a source and what it names there.
 *
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { type Delta, notWhole, readDelta } from "../bundle/delta.ts";
import { HiatusError } from "../errors.ts";
import { isAttachmentTag } from "../graph/attachments.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import {
  formatTarget,
  type LocalTarget,
  parseTarget,
  type RegistryTarget,
  type Target,
} from "../oci/target.ts";
import type { ClientEvent } from "../remote/events.ts";
import type { Archive } from "../store/archive.ts";
import type { Source } from "../store/source.ts";
import type { ConnectionFlags } from "./options.ts";

/** A source that is open. */
export interface OpenedPlace {
  readonly target: Target;
  readonly source: Source;
  close(): Promise<void>;
}

/** A source that is open, and where to begin in it. */
export interface OpenedSource extends OpenedPlace {
  readonly root: Descriptor;
  /** The tag that was meant, if it was one. */
  readonly tag: string | undefined;
  /** What a bundle leaves out; undefined where everything is there. */
  readonly delta: Delta | undefined;
}

/** How a source is opened. */
export interface OpenOptions {
  readonly signal: AbortSignal;
  readonly flags: ConnectionFlags;
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
  /** May it be a bundle that leaves something out? @default false */
  readonly delta?: boolean | undefined;
  /** Opens a repository. @default as the flags say */
  readonly connect?: ((target: RegistryTarget) => Promise<Source>) | undefined;
}

/**
 * Reads what a user wrote where something is read. A short name is Docker Hub's, as it is to Docker, unless something on
 * this machine has it: then it was most likely meant.
 *
 * @throws HiatusError `USAGE` or `INVALID`
 */
export function parseSource(reference: string): Target {
  const archive = archiveAt(reference);
  if (archive !== undefined) return archive;
  return parseTarget(reference, { fullNames: existsSync(reference) });
}

/** An archive that is named by its path alone: whoever has a bundle at hand names the file. */
function archiveAt(reference: string): LocalTarget | undefined {
  if (/^(?:oci|oci-archive|docker):/.test(reference) || reference.includes("\0")) return undefined;
  const target = parseTarget(`oci-archive:${reference}`) as LocalTarget;
  return statSync(target.path, { throwIfNoEntry: false })?.isFile() ? target : undefined;
}

/**
 * Opens a layout, an archive or a repository.
 *
 * @throws HiatusError `USAGE` or `INVALID` when the reference has another form, `NOT_FOUND` when there is no such thing.
 */
export async function openPlace(target: Target, options: OpenOptions): Promise<OpenedPlace> {
  const { signal } = options;
  if (target.kind === "registry") {
    const source = await (options.connect ?? (await connectOf(target, options)))(target);
    return { target, source, async close() {} };
  }
  if (target.kind === "oci") {
    const { openLayout } = await import("../store/layout.ts");
    return { target, source: await openLayout(target.path), async close() {} };
  }
  const { openArchive } = await import("../store/archive.ts");
  const archive = await openArchive(target.path, { signal });
  return { target, source: archive, close: async () => archive.close() };
}

/**
 * Opens a source and resolves what is meant in it. Without a tag or digest the only tag is meant, and in a registry
 * `latest`. A digest decides; on this machine a tag beside it must have it, in a registry it is not looked at.
 *
 * @throws HiatusError `USAGE` when the reference has another form, or more than one thing may be meant;
 * `NOT_FOUND` when there is no such thing; `CONTENT` when a tag does not have the digest that stands beside it.
 */
export async function openSource(
  reference: string | Target,
  options: OpenOptions,
): Promise<OpenedSource> {
  const target = typeof reference === "string" ? parseSource(reference) : reference;
  const opened = await openPlace(target, options);
  try {
    const delta = await deltaOf(target, opened.source);
    if (delta !== undefined && !options.delta) throw notWhole(formatTarget(target), delta);
    const named = await resolve(target, opened.source, options.signal);
    return { ...opened, ...named, delta };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function deltaOf(target: Target, source: Source): Promise<Delta | undefined> {
  const bytes = target.kind === "oci-archive" ? await (source as Archive).indexBytes() : undefined;
  return bytes && readDelta(bytes, `"index.json" of "${formatTarget(target)}"`);
}

async function connectOf(target: RegistryTarget, { flags, onEvent }: OpenOptions) {
  const { prepareConnect } = await import("./connect.ts");
  const connect = await prepareConnect({ flags, registries: [target.registry] });
  return (one: RegistryTarget) => connect(one, { onEvent });
}

async function resolve(
  target: Target,
  source: Source,
  signal: AbortSignal,
): Promise<Pick<OpenedSource, "root" | "tag">> {
  const { digest } = target;
  if (target.kind === "registry") {
    const tag = target.tag ?? (digest === undefined ? "latest" : undefined);
    return { root: await source.resolve(digest ?? (tag as string), { signal }), tag };
  }
  if (target.tag === undefined && digest === undefined)
    return await onlyOne(source, target, signal);
  const { tag } = target;
  const root = await source.resolve(tag ?? (digest as string), { signal });
  if (digest !== undefined && root.digest !== digest) {
    throw new HiatusError("CONTENT", `"${formatTarget(target)}" is ${root.digest}`, {
      detail: { expected: digest, found: root.digest },
      hint: "The tag was moved since; leave the digest out, or look for who moved it",
    });
  }
  return { root, tag };
}

/** What the only tag names, or all of several: then no tag is meant. */
async function onlyOne(
  source: Source,
  target: LocalTarget,
  signal: AbortSignal,
): Promise<Pick<OpenedSource, "root" | "tag">> {
  const tags: string[] = [];
  for await (const tag of source.tags({ signal })) if (!isAttachmentTag(tag)) tags.push(tag);
  const roots = new Map<string, Descriptor>();
  for (const tag of tags) {
    const root = await source.resolve(tag, { signal });
    if (!roots.has(root.digest)) roots.set(root.digest, root);
  }
  const [root, ...others] = roots.values();
  if (root !== undefined && others.length === 0) {
    return { root, tag: tags.length === 1 ? tags[0] : undefined };
  }
  const [only] = tags;
  const name = formatTarget(target);
  throw new HiatusError("USAGE", `"${name}" has ${tags.length} tags, so one must be named`, {
    detail: { tags },
    hint:
      only === undefined
        ? "Name a digest: REFERENCE@sha256:…"
        : `Write "${name}:${only}", or one of ${tags.join(", ")}`,
  });
}
