/**
 * Where a build's files go: written aside, then renamed into place, so that what was there stays whole until
 * the new is whole.
 *
 * @module
 */
import { lstat, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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

/** Names that a build leaves in its folder. Only a folder with nothing else in it is ever replaced. */
const OURS = /^(?:oci|bin|build\.json|.+\.tar)$/;

/**
 * Begins a folder that will replace `target`.
 *
 * @throws HiatusError `USAGE` when `target` holds files that no build wrote.
 */
export async function stage(target: string): Promise<Staging> {
  const parent = dirname(target);
  const prefix = `.${target.slice(parent.length + 1)}.`;
  await refuseForeign(target);
  await mkdir(parent, { recursive: true });
  await sweep(parent, target, prefix);
  const id = `${process.pid}-${counter++}`;
  const folder = join(parent, `${prefix}${id}.new`);
  const previous = join(parent, `${prefix}${id}.old`);
  active.add(id);
  await mkdir(folder);
  let committed = false;
  return {
    folder,
    async commit() {
      const replaced = await moved(target, previous);
      try {
        await rename(folder, target);
      } catch (error) {
        if (replaced) await rename(previous, target);
        throw error;
      }
      committed = true;
      if (replaced) await rm(previous, { recursive: true, force: true });
      active.delete(id);
    },
    async discard() {
      if (!committed) await rm(folder, { recursive: true, force: true });
      active.delete(id);
    },
  };
}

async function refuseForeign(target: string): Promise<void> {
  const found = await lstat(target).catch(() => undefined);
  if (found === undefined) return;
  const foreign = found.isDirectory()
    ? (await readdir(target)).filter((name) => !OURS.test(name))
    : [target];
  if (foreign.length === 0) return;
  throw new HiatusError("USAGE", `"${target}" holds what no build wrote: "${foreign[0]}"`, {
    detail: { target, foreign },
    hint: "Move it away, or choose another folder with --out",
  });
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Takes away what killed builds left; if one was killed between its two renames, brings the old output back. */
async function sweep(parent: string, target: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const match = name.startsWith(prefix) && /^((\d+)-\d+)\.(new|old)$/.exec(name.slice(prefix.length));
    if (!match || active.has(match[1] ?? "") || isAlive(Number(match[2]))) continue;
    const leftover = join(parent, name);
    const orphaned = match[3] === "old" && (await lstat(target).catch(() => null)) === null;
    if (orphaned) await rename(leftover, target);
    else await rm(leftover, { recursive: true, force: true });
  }
}

/** Another process with that number? Our own number on a leftover was somebody else's, in an earlier container. */
function isAlive(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Writes one file aside and renames it into place; mode 0644 whatever the umask. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const aside = `${path}.${process.pid}.new`;
  try {
    await writeFile(aside, content, { mode: 0o644 });
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}
