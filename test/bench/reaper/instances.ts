/**
 * What one more instance costs in memory, by the kernel's own account: the memory cgroup's counter with
 * many instances, less that without, divided by their number.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../context.ts";
import type { Program } from "./programs.ts";

/** Bytes of one instance: pages, page tables, kernel stack and structures, and the PID namespace's. */
export async function instanceBytes(
  context: Context,
  helper: string,
  program: Program,
  count: number,
): Promise<number | undefined> {
  const group = await makeGroup(context);
  if (group === undefined) return undefined;
  try {
    // In the group before it starts, so that all it makes is counted there.
    const script = 'echo $$ > "$0" && exec "$@"';
    const args = [helper, "many", String(count), ...program.command];
    const child = spawn("sh", ["-c", script, `${group.folder}/cgroup.procs`, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const gone = new Promise((resolve) => child.on("close", resolve));
    const bytes: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (line !== "before" && line !== "up") continue;
      bytes.push(Number(await readFile(group.counter, "utf8")));
      child.stdin.write("\n");
    }
    await gone;
    const [before, up] = bytes;
    if (before === undefined || up === undefined)
      throw new Error(`"${program.name}" did not start`);
    return (up - before) / count;
  } finally {
    await remove(group.folder);
  }
}

/** The kernel refuses while the last process is on its way out. */
async function remove(folder: string): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    try {
      return await rmdir(folder);
    } catch {
      await sleep(50);
    }
  }
  await rmdir(folder);
}

/** A group of our own, in cgroup v2 or, on older hosts, v1. */
async function makeGroup(context: Context) {
  const name = `hiatus-bench-${process.pid}`;
  const [v1, v2] = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];
  const old = existsSync(`${v1}/memory.usage_in_bytes`);
  const folder = `${old ? v1 : v2}/${name}`;
  const counter = `${folder}/${old ? "memory.usage_in_bytes" : "memory.current"}`;
  try {
    if (!old) await writeFile(`${v2}/cgroup.subtree_control`, "+memory");
    await mkdir(folder);
    return { folder, counter };
  } catch (error) {
    context.say(`Memory of an instance is left out: ${(error as Error).message}`);
    return undefined;
  }
}
