/**
 * Boots one kernel under QEMU without any help of the processor, and reads its serial console.
 *
 * @module
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { environment, findProgram } from "../runtime/command.ts";
import type { Kernel } from "./kernels.ts";
import type { Machine } from "./machines.ts";

/** What a boot left. */
export interface Boot {
  /** Everything that came over the serial line, lines ended by `\n` alone. */
  readonly console: string;
  /** How it ended: the kernel panicked, QEMU ended by itself, or time ran out. */
  readonly end: "panic" | "exit" | "timeout";
  readonly seconds: number;
}

/** No kernel says more before it panics. */
const CONSOLE_LIMIT = 4 * 1024 * 1024;
const PANIC = /Kernel panic - not syncing: [^\n]*\n/;

/**
 * The emulator of a machine: the installed one if it is young enough, else one that was fetched.
 *
 * @returns Its absolute path, or undefined when there is none.
 */
export function findEmulator(
  { emulator: [program], since = 0 }: Machine,
  cache: string,
): string | undefined {
  const installed = findProgram(program);
  if (installed !== undefined && majorVersion(installed) >= since) return installed;
  const fetched = join(cache, "emulators", program);
  return existsSync(fetched) ? fetched : undefined;
}

function majorVersion(program: string): number {
  try {
    const said = execFileSync(program, ["--version"], { encoding: "utf8" });
    return Number(/version (\d+)/.exec(said)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * The command that boots a kernel with an archive as its only root. The clock counts instructions, 8 ns each, so a boot is the same
 * every time, however busy this machine is; with the host's clock, boards with poor timers lose events.
 */
export function bootCommand(
  machine: Machine,
  kernel: Kernel,
  initramfs: string,
): readonly [string, ...string[]] {
  const [, ...board] = machine.emulator;
  // -1: restart at once after a panic, which -no-reboot turns into the end of QEMU.
  const append = `${machine.append} panic=-1`.trim();
  const tree = kernel.deviceTree === undefined ? [] : ["-dtb", kernel.deviceTree];
  return [
    kernel.emulator,
    ...board,
    ...(machine.clock === "host" ? [] : ["-icount", "shift=3,sleep=off"]),
    ...["-accel", "tcg", "-smp", "1", "-display", "none", "-nic", "none"],
    ...["-serial", "stdio", "-monitor", "none", "-no-reboot"],
    ...["-kernel", kernel.image, ...tree, "-initrd", initramfs, "-append", append],
  ];
}

/**
 * Boots and waits until the kernel has panicked, which is how it ends when PID 1 does.
 *
 * @param limit - Milliseconds after which it is stopped.
 * @throws Error when the emulator cannot be started; the signal's reason when that aborts it.
 */
export function boot(
  [program, ...args]: readonly [string, ...string[]],
  limit: number,
  signal: AbortSignal,
): Promise<Boot> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const begun = performance.now();
    let text = "";
    let end: Boot["end"] = "exit";
    // Modules of another QEMU that is installed do not fit one that was fetched.
    const env = environment({ QEMU_MODULE_DIR: "/nonexistent" });
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const stop = () => child.kill("SIGKILL");
    const timer = setTimeout(() => {
      if (end === "exit") end = "timeout";
      stop();
    }, limit);
    const hear = (chunk: Buffer) => {
      if (text.length < CONSOLE_LIMIT) text += chunk.toString("latin1");
      if (end === "exit" && PANIC.test(text)) {
        end = "panic";
        // Not every board can be restarted; a moment lets the trace come out.
        sleep(1000).then(stop);
      }
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    signal.addEventListener("abort", stop);
    process.on("exit", stop);
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      process.off("exit", stop);
    };
    child.on("error", (error) => {
      finish();
      reject(error);
    });
    child.on("close", () => {
      finish();
      if (signal.aborted) return reject(signal.reason);
      const seconds = (performance.now() - begun) / 1000;
      resolve({ console: text.replaceAll("\r", ""), end, seconds });
    });
  });
}
