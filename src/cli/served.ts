/**
 * What `hiatus serve` serves, from what a user writes.
 *
 * @module
 */
import { notWhole, readDelta } from "../bundle/delta.ts";
import { HiatusError } from "../errors.ts";
import type { Repositories, Repository } from "../serve/repositories.ts";
import type { Serving } from "./present/serve.ts";

/** Flags as commander gives them. */
export interface ServedFlags {
  readonly writable?: string;
  readonly name?: string;
  readonly anyName?: boolean;
  readonly fsync: boolean;
}

/** What is to be served, open. */
export interface Served {
  readonly repositories: Repositories;
  close(): void;
}

/**
 * Opens a writable folder, or sources under their names.
 *
 * @throws HiatusError `USAGE` when a source has no name or two have the same; whatever opening throws.
 */
export async function openServed(
  sources: readonly string[],
  flags: ServedFlags,
  signal: AbortSignal,
): Promise<Served> {
  if (flags.writable !== undefined) {
    const { openFolder } = await import("../serve/folder.ts");
    const folder = await openFolder(flags.writable, { fsync: flags.fsync });
    return { repositories: folder, close: () => folder.close() };
  }
  const { serveSources } = await import("../serve/sources.ts");
  const opened = new Map<string, Repository>();
  const closing: (() => void)[] = [];
  const close = (): void => {
    for (const one of closing) one();
  };
  try {
    for (const text of sources) {
      const one = await openOne(text, flags, signal);
      closing.push(one.close);
      if (opened.has(one.name)) {
        throw new HiatusError("USAGE", `Two sources are called "${one.name}"`, {
          hint: "Serve them one by one, each with its own --name and --listen",
        });
      }
      opened.set(one.name, one.repository);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { repositories: serveSources(opened, { anyName: flags.anyName }), close };
}

async function openOne(text: string, { name }: ServedFlags, signal: AbortSignal) {
  const [{ parseSource }, { defaultName }, { isRepository }] = await Promise.all([
    import("./open.ts"),
    import("../serve/default-name.ts"),
    import("../oci/reference.ts"),
  ]);
  const target = parseSource(text);
  if (target.kind === "registry") {
    throw new HiatusError("USAGE", `"${text}" is in a registry already`, {
      hint: "Pull it into a layout first: `hiatus pull REFERENCE oci:FOLDER`",
    });
  }
  if (target.tag !== undefined || target.digest !== undefined) {
    throw new HiatusError("USAGE", `"${text}" names a part of what would be served`, {
      hint: `Leave the tag or digest out: "${target.kind}:${target.path}"`,
    });
  }
  const { openArchive } = await import("../store/archive.ts");
  const { openLayout } = await import("../store/layout.ts");
  const archive =
    target.kind === "oci-archive" ? await openArchive(target.path, { signal }) : undefined;
  const close = (): void => archive?.close();
  try {
    const repository = archive ?? (await openLayout(target.path));
    const delta = archive && readDelta(await archive.indexBytes(), `"index.json" of "${text}"`);
    if (delta !== undefined) throw notWhole(text, delta);
    const called = name ?? defaultName(await repository.indexBytes(), target.path);
    if (called === undefined || !isRepository(called)) {
      const problem =
        name === undefined
          ? `"${text}" does not say what to call it`
          : `"${name}" is not the name of a repository`;
      throw new HiatusError("USAGE", problem, {
        hint: "Give a lower-case path, for example --name pause",
      });
    }
    return { name: called, repository, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Repositories, each with its last tag, which is most likely the newest. */
export async function summaryOf(repositories: Repositories): Promise<Serving["repositories"]> {
  const all: { readonly name: string; readonly tag: string | undefined }[] = [];
  for await (const name of repositories.names()) {
    let tag: string | undefined;
    // As many as are shown.
    if (all.length < 5) {
      for await (const one of (await repositories.open(name))?.tags() ?? []) tag = one;
    }
    all.push({ name, tag });
  }
  return all;
}
