/**
 * What a runtime occupies at one moment: taken before and after, to see whether pods leave anything behind.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Cgroup } from "./cgroup.ts";
import { mountsBelow } from "./folder.ts";
import { listProcesses, namespaceOf, processesNaming } from "./processes.ts";
import { until } from "./until.ts";

/** Counts and names; equal before and after when nothing was left behind. */
export interface Footprint {
  /** Commands of processes that run in the control group or name the folder. */
  readonly processes: readonly string[];
  /** Mount points below the folder. */
  readonly mounts: readonly string[];
  /** Namespaces of those processes, but for those that the tests are in. */
  readonly namespaces: number;
  /** Namespaces that are kept by a mount. */
  readonly heldNamespaces: number;
  /** Ports of the bridge. */
  readonly links: readonly string[];
  /** Control groups. */
  readonly cgroups: number;
  /** Files and folders in the folder, and the bytes that they occupy. */
  readonly files: readonly string[];
  readonly bytes: number;
}

/** What is looked at. */
export interface Occupied {
  readonly folder: string;
  readonly cgroup: Cgroup;
  readonly bridge?: string | undefined;
  /** Where mounts keep namespaces. @default the folder */
  readonly held?: string | undefined;
  /** Names of files that grow by their nature, such as logs and databases. */
  readonly growing: RegExp;
}

/** Takes the footprint. */
export async function takeFootprint(occupied: Occupied): Promise<Footprint> {
  const { folder, cgroup, bridge, held = folder, growing } = occupied;
  const inGroup = new Set(cgroup.processes());
  const named = new Set(processesNaming(folder).map(({ pid }) => pid));
  const processes = listProcesses().filter(({ pid }) => inGroup.has(pid) || named.has(pid));
  const { files, bytes } = await measure(folder, growing);
  return {
    processes: processes.map(({ command }) => command).toSorted(),
    mounts: await mountsBelow(folder),
    namespaces: foreignNamespaces(processes.map(({ pid }) => pid)).size,
    heldNamespaces: (await mountsBelow(held, "nsfs")).length,
    links: bridge === undefined ? [] : portsOf(bridge),
    cgroups: cgroup.groups().length,
    files,
    bytes,
  };
}

/** Takes the footprint when it does not change any more: runtimes remove some things a moment later. */
export async function settledFootprint(occupied: Occupied): Promise<Footprint> {
  let last = "";
  return until(
    "the runtime to settle",
    async () => {
      const now = await takeFootprint(occupied);
      const same = JSON.stringify(now) === last;
      last = JSON.stringify(now);
      return same && now;
    },
    { every: 1_500, timeout: 60_000 },
  );
}

/**
 * Waits until no more is there than before.
 *
 * @param slack - Bytes that storage may have grown by.
 * @throws Error that tells what was left behind.
 */
export async function expectNothingLeft(
  before: Footprint,
  occupied: Occupied,
  slack = 65_536,
): Promise<void> {
  const excess = async () => {
    const now = await takeFootprint(occupied);
    const names = ["processes", "mounts", "links", "files"] as const;
    const counts = ["namespaces", "heldNamespaces", "cgroups"] as const;
    return [
      ...names.flatMap((key) => {
        const more = now[key].length - before[key].length;
        if (more <= 0) return [];
        const known = new Set(before[key]);
        return [`${more} ${key}`, ...now[key].filter((name) => !known.has(name))];
      }),
      ...counts.flatMap((key) =>
        now[key] > before[key] ? [`${now[key] - before[key]} ${key}`] : [],
      ),
      ...(now.bytes > before.bytes + slack ? [`${now.bytes - before.bytes} bytes`] : []),
    ];
  };
  await until("nothing to be left behind", async () => (await excess()).length === 0, {
    timeout: 15_000,
    every: 100,
    explain: async () => (await excess()).join("\n"),
  });
}

/** Namespaces of processes that are not the caller's. */
function foreignNamespaces(pids: readonly number[]): ReadonlySet<string> {
  const kinds = ["pid", "net", "ipc", "uts", "mnt"] as const;
  const own = new Set(kinds.map((kind) => namespaceOf(process.pid, kind)));
  const found = pids.flatMap((pid) => {
    try {
      return kinds.map((kind) => namespaceOf(pid, kind));
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
  return new Set(found.filter((name) => !own.has(name)));
}

function portsOf(bridge: string): readonly string[] {
  const folder = `/sys/class/net/${bridge}/brif`;
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Counts what lies in a folder, but for what is mounted there and for files that grow by their nature. */
async function measure(
  folder: string,
  growing: RegExp,
): Promise<Pick<Footprint, "files" | "bytes">> {
  const { dev } = await lstat(folder);
  const files: string[] = [];
  let bytes = 0;
  const walk = async (path: string): Promise<void> => {
    for (const name of readdirOf(path)) {
      const below = join(path, name);
      const stat = await lstat(below).catch(() => undefined);
      if (stat === undefined || stat.dev !== dev || growing.test(below)) continue;
      files.push(below);
      bytes += stat.blocks * 512;
      if (stat.isDirectory()) await walk(below);
    }
  };
  await walk(folder);
  return { files, bytes };
}

function readdirOf(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    // It went away after it was listed.
    return [];
  }
}
