/**
 * The folder that a runtime under test lives in, and its removal with everything that is mounted below it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./command.ts";

/** Makes a folder. Its path is short, because sockets lie in it and their paths end at 108 bytes. */
export async function makeFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), "hia-")));
}

/**
 * Mount points below a folder, deepest last.
 *
 * @param type - Of the file system, such as `nsfs`, by which a namespace is kept. @default any
 */
export async function mountsBelow(folder: string, type?: string): Promise<readonly string[]> {
  const table = await readFile("/proc/self/mountinfo", "utf8");
  return table.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const path = unquote(before.split(" ")[4] ?? "");
    const matches = type === undefined || after.startsWith(`${type} `);
    return matches && path.startsWith(`${folder}/`) ? [path] : [];
  });
}

/** Unmounts what is mounted below a folder, then removes it. */
export async function removeFolder(folder: string): Promise<void> {
  for (const path of (await mountsBelow(folder)).toReversed()) {
    await run(["umount", "--lazy", path]);
  }
  // A daemon that was just killed may have left a file behind a listing that was already read.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  if (existsSync(folder)) throw new Error(`${folder} is still there`);
}

/** mountinfo writes blanks and backslashes as three octal digits. */
function unquote(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
