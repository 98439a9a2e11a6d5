/**
 * The control group that everything of a runtime under test runs in: how tests find, and in the end kill, whatever a
 * runtime has left behind. Works with version 1, version 2 and both at once.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "./until.ts";

/** A control group below the root of every hierarchy. Runtimes make it; it need not exist. */
export interface Cgroup {
  /** Absolute path as runtimes want it: `/hia-…`. */
  readonly path: string;
  /**
   * Folders of it and of all groups below. Where version 1 and 2 are in use together, those of version 1: Podman 4
   * leaves its groups of version 2 behind then.
   */
  groups(): readonly string[];
  /** Ids of all processes in it and below. */
  processes(): readonly number[];
  /** Kills what is in it and removes it. */
  remove(): Promise<void>;
}

/** Names a control group; the name must be new. */
export function nameCgroup(name: string): Cgroup {
  const below = ({ root }: Hierarchy) => deepest(join(root, name));
  const all = () => hierarchies().flatMap(below);
  const processes = () => [...new Set(all().flatMap(processesOf))];
  return {
    path: `/${name}`,
    groups: () => counting(hierarchies()).flatMap(below),
    processes,
    async remove() {
      await until(`the processes of ${name} to end`, () => {
        const pids = processes();
        for (const pid of pids) kill(pid);
        return pids.length === 0;
      });
      await until(`the control group ${name} to go`, () => all().map(removeGroup).every(Boolean));
    },
  };
}

/** A tree of control groups. */
interface Hierarchy {
  /** Where it is mounted. */
  readonly root: string;
  /** Is it of version 1, with a controller? */
  readonly classic: boolean;
}

function hierarchies(): readonly Hierarchy[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .flatMap((line) => {
      const [before = "", after = ""] = line.split(" - ");
      const [type = "", , options = ""] = after.split(" ");
      if (type !== "cgroup" && type !== "cgroup2") return [];
      const classic = type === "cgroup" && !options.includes("name=");
      return [{ root: before.split(" ")[4] ?? "", classic }];
    });
}

/** Those that count: with version 1 in use, version 2 and named ones merely keep track of processes. */
function counting(all: readonly Hierarchy[]): readonly Hierarchy[] {
  const classic = all.filter((hierarchy) => hierarchy.classic);
  return classic.length > 0 ? classic : all;
}

/** A group and all below it, children before parents; nothing when there is none. */
function deepest(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const children = readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory());
  return [...children.flatMap((child) => deepest(join(folder, child.name))), folder];
}

function processesOf(folder: string): readonly number[] {
  try {
    return readFileSync(join(folder, "cgroup.procs"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map(Number);
  } catch {
    // It went away between listing and reading, or is a threaded group.
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

/** Is the group gone? The kernel keeps it for a moment after its last process. */
function removeGroup(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
