/**
 * Where a build's files go: written aside, then renamed into place, so that what was there stays whole until
 * the new is whole.
 *
 * @module
 */
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HiatusError } from "../errors.ts";

/** A folder being written beside the one it will replace. */
export interface Staging {
  /** Absolute path to write into. */
  readonly folder: string;
  /** Puts the folder into place; what was there before is removed. */
  commit(): Promise<void>;
  /** Removes what was written. Does nothing after a commit. */
  discard(): Promise<void>;
}

/** Folders that this process is writing at the moment. */
const active = new Set<string>();
let counter = 0;

/** How often a commit makes way for others that commit into the same place at the same moment. */
const ATTEMPTS = 100;

/**
 * Begins a folder that will replace `target`. Of several builds into one folder, the last to finish stays.
 *
 * @param target - Absolute path.
 * @throws HiatusError `USAGE` when `target` holds files that no build wrote.
 */
export async function stage(target: string): Promise<Staging> {
  const parent = dirname(target);
  const prefix = `.${basename(target)}.`;
  await refuseForeign(target);
  await makeFolder(parent);
  await sweep(parent, target, prefix);
  const id = `${process.pid}-${counter++}`;
  const folder = join(parent, `${prefix}${id}.new`);
  active.add(folder);
  await mkdir(folder);
  let committed = false;
  return {
    folder,
    async commit() {
      // Somebody may have put something there since.
      await refuseForeign(target);
      const previous = join(parent, `${prefix}${id}.old`);
      active.add(previous);
      try {
        const replaced = await swap(folder, target, previous);
        committed = true;
        // The build is in place; what cannot be removed now is swept by the next one.
        if (replaced) await remove(previous).catch(() => undefined);
      } finally {
        active.delete(previous);
      }
    },
    async discard() {
      if (!committed) await remove(folder);
      active.delete(folder);
    },
  };
}

/**
 * Renames `folder` to `target` and what was there to `previous`.
 *
 * @returns Was something there?
 */
async function swap(folder: string, target: string, previous: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const moved = await renamed(target, previous);
    try {
      await rename(folder, target);
      return moved;
    } catch (error) {
      const occupied = ["ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "");
      if (!occupied) {
        if (moved) await renamed(previous, target);
        throw error;
      }
      // Another build was quicker, and its output is what is replaced now.
      if (moved) await remove(previous);
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    if (!["EEXIST", "ENOTDIR"].includes(codeOf(cause) ?? "")) throw cause;
    throw new HiatusError("USAGE", `"${path}" is not a folder, or lies below a file`, {
      cause,
      detail: { path },
      hint: "Choose another folder with --out",
    });
  }
}

/** Only a folder that a build wrote, as its record tells, is ever replaced, or an empty one. */
async function refuseForeign(target: string): Promise<void> {
  for (;;) {
    const before = await look(target);
    if (before === undefined) return;
    const foreign = before.isDirectory() ? await foreignIn(target) : target;
    if (foreign === undefined) return;
    const after = await look(target);
    // Another build may have taken its place while we looked; then what we saw was half of each.
    if (after?.ino !== before.ino || after.ctimeMs !== before.ctimeMs) continue;
    throw new HiatusError("USAGE", `No build wrote "${foreign}", so it is not replaced`, {
      detail: { target, foreign },
      hint: "Move it away, or choose another folder with --out",
    });
  }
}

function look(path: string) {
  return lstat(path).catch(() => undefined);
}

/** The path of something that does not belong to a build; undefined when all of it does. */
async function foreignIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((error: unknown) => {
    // Another build has just taken it away.
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  if (names.length === 0) return undefined;
  const archive = await readFile(join(folder, "build.json"), "utf8").then(archiveOf, () => "");
  const ours = archive === "" ? [] : ["build.json", "oci", "bin", archive];
  const foreign = names.find((name) => !ours.includes(name));
  return foreign === undefined ? undefined : join(folder, foreign);
}

/** The name of the archive that a record tells of; empty when the text is no record. */
function archiveOf(text: string): string {
  try {
    const record = JSON.parse(text) as { readonly archive?: { readonly path?: unknown } } | null;
    const path = record?.archive?.path;
    return typeof path === "string" && path.endsWith(".tar") ? path : "";
  } catch {
    return "";
  }
}

/** Takes away what killed builds left; if one was killed between its two renames, brings the old output back. */
async function sweep(parent: string, target: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const match =
      name.startsWith(prefix) && /^(\d+)-\d+\.(new|old)$/.exec(name.slice(prefix.length));
    const leftover = join(parent, name);
    if (!match || active.has(leftover) || isAlive(Number(match[1]))) continue;
    const orphaned = match[2] === "old" && (await look(target)) === undefined;
    // Others may sweep at the same moment.
    if (!orphaned || !(await renamed(leftover, target))) await remove(leftover);
  }
}

/** Another process with that number? Our own number on a leftover was somebody else's, in an earlier container. */
function isAlive(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** Renames, unless there is nothing to rename, or something in the way. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Writes one file beside the one that it will replace; mode 0644 whatever the umask. */
export async function stageFile(
  path: string,
  content: string | Uint8Array,
): Promise<Pick<Staging, "commit" | "discard">> {
  const aside = `${path}.${process.pid}.new`;
  const discard = () => rm(aside, { force: true });
  try {
    await writeFile(aside, content);
    await chmod(aside, 0o644);
  } catch (error) {
    await discard().catch(() => undefined);
    throw error;
  }
  return { commit: () => rename(aside, path), discard };
}
