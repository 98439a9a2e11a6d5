/**
 * What a program has at most while it runs, in runs that nobody takes the time of.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/** The most that was seen. */
export interface Peak {
  /** Resident memory, in kB. */
  readonly memory: number;
  readonly sockets: number;
}

/**
 * Runs a program and looks at it every few milliseconds.
 *
 * @throws Error when it fails.
 */
export async function peakOf(
  [program = "", ...args]: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
): Promise<Peak> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: "ignore",
  });
  const exit = once(child, "exit");
  let over = false;
  exit.then(
    () => (over = true),
    () => (over = true),
  );
  let [memory, sockets] = [0, 0];
  while (!over) {
    // The kernel keeps the peak of memory itself; sockets have to be looked for.
    memory = Math.max(memory, peakMemory(child.pid ?? 0));
    sockets = Math.max(sockets, openSockets(child.pid ?? 0));
    await setTimeout(3);
  }
  const [code] = await exit;
  if (code !== 0) throw new Error(`"${[program, ...args].join(" ")}" ended with ${code}`);
  return { memory, sockets };
}

function peakMemory(pid: number): number {
  try {
    return Number(
      /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0,
    );
  } catch {
    return 0;
  }
}

function openSockets(pid: number): number {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).filter((fd) => isSocket(`${folder}/${fd}`)).length;
  } catch {
    return 0;
  }
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith("socket:");
  } catch {
    return false;
  }
}
