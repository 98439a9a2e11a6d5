/**
 * From what a user writes to a source and what it names there.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { formatTarget, parseTarget } from "../oci/target.ts";
import { openArchive } from "../store/archive.ts";
import { openLayout } from "../store/layout.ts";
import type { Source } from "../store/source.ts";

/** A source that is open, and where to begin in it. */
export interface OpenedSource {
  readonly source: Source;
  readonly root: Descriptor;
  /** The tag that was meant, if it was one. */
  readonly tag: string | undefined;
  close(): Promise<void>;
}

/**
 * Opens a layout or an archive and resolves what is meant in it. Without a tag or digest the only tag is meant.
 *
 * @throws HiatusError `USAGE` when the reference has another form, or more than one thing may be meant;
 * `NOT_FOUND` when there is no such thing; `CONTENT` when a tag does not have the digest that stands beside it.
 */
export async function openSource(reference: string, signal: AbortSignal): Promise<OpenedSource> {
  const target = parseTarget(reference.replace(/^(?=[./])/, "oci:"));
  const archive = target.kind === "oci" ? undefined : await openArchive(target.path, { signal });
  const source = archive ?? (await openLayout(target.path));
  const close = async (): Promise<void> => archive?.close();
  try {
    const tag =
      target.tag ?? (target.digest === undefined ? await onlyTag(source, reference) : undefined);
    const root = await source.resolve(tag ?? target.digest!, { signal });
    if (target.digest !== undefined && root.digest !== target.digest) {
      throw new HiatusError("CONTENT", `"${formatTarget(target)}" is ${root.digest}`, {
        detail: { expected: target.digest, found: root.digest },
        hint: "The tag was moved since; leave the digest out, or look for who moved it",
      });
    }
    return { source, root, tag, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function onlyTag(source: Source, reference: string): Promise<string> {
  const tags: string[] = [];
  for await (const tag of source.tags()) tags.push(tag);
  const [only, ...others] = tags;
  if (only !== undefined && others.length === 0) return only;
  throw new HiatusError("USAGE", `"${reference}" has ${tags.length} tags, so one must be named`, {
    detail: { tags },
    hint:
      only === undefined
        ? "Name a digest: REFERENCE@sha256:…"
        : `Write "${reference}:${only}", or one of ${tags.join(", ")}`,
  });
}
