/**
 * Looking at processes from outside, through /proc.
 *
 * @module
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process at one moment. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** One letter; `Z` is a zombie. */
  readonly state: string;
  /** Arguments, joined by blanks; empty for zombies and kernel threads. */
  readonly command: string;
}

/** All processes. */
export function listProcesses(): readonly Process[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^[0-9]+$/.test(name)) return [];
    const found = readProcess(Number(name));
    return found === undefined ? [] : [found];
  });
}

/** One process, or undefined when there is none. */
export function readProcess(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name is in brackets and may hold brackets itself.
    const [state = "?", parent = "0"] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return { pid, parent: Number(parent), state, command: words.join(" ").trim() };
  } catch {
    return undefined;
  }
}

/** Those whose arguments name something, such as a socket in a test's own folder. Never the caller. */
export function processesNaming(text: string): readonly Process[] {
  return listProcesses().filter(
    ({ pid, command }) => pid !== process.pid && command.includes(text),
  );
}

/** Children of a process, zombies too. */
export function childrenOf(pid: number): readonly Process[] {
  return listProcesses().filter(({ parent }) => parent === pid);
}

/** What a process's namespace is called: equal for processes that share it. */
export function namespaceOf(pid: number, kind: "pid" | "net" | "ipc" | "uts" | "mnt"): string {
  return readlinkSync(`/proc/${pid}/ns/${kind}`);
}

/** How often a process was given the CPU and left it by itself. It waits once per wake-up. */
export function wakeUpsOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^voluntary_ctxt_switches:\s*([0-9]+)$/m.exec(status)?.[1]);
}
