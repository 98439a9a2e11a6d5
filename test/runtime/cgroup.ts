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
  /** Ids of all processes in it and below. */
  processes(): readonly number[];
  /** Kills what is in it and removes it. Returns the ids of what had to be killed. */
  remove(): Promise<readonly number[]>;
}

/** Names a control group; the name must be new. */
export function nameCgroup(name: string): Cgroup {
  const folders = () => hierarchies().map((root) => join(root, name));
  const processes = () => [...new Set(folders().flatMap(deepest).flatMap(processesOf))];
  return {
    path: `/${name}`,
    processes,
    async remove() {
      const left = processes();
      await until(`the processes of ${name} to end`, () => {
        const pids = processes();
        for (const pid of pids) kill(pid);
        return pids.length === 0;
      });
      await until(`the control group ${name} to go`, () =>
        folders().flatMap(deepest).map(removeGroup).every(Boolean),
      );
      return left;
    },
  };
}

/** Where control groups are mounted. */
function hierarchies(): readonly string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .flatMap((line) => {
      const [before = "", after = ""] = line.split(" - ");
      return /^cgroup2? /.test(after) ? [before.split(" ")[4] ?? ""] : [];
    });
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
