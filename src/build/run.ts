/**
 * Runs a compiler: no shell, nothing inherited, bounded output and time, and no process left behind.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { HiatusError } from "../errors.ts";

/** How a program is run. */
export interface RunOptions {
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Kills the program and whatever it started. Its reason is thrown as it is. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until it is killed. @default 120000 */
  readonly timeout?: number | undefined;
}

/** How a program ended. */
export interface RunResult {
  /** Exit code, or null when a signal ended it. */
  readonly status: number | null;
  readonly endedBy: string | null;
  /** At most 64 KiB each; the rest is dropped. */
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_LIMIT = 64 * 1024;

/**
 * Runs a program to its end. A failing program is a result, not an error.
 *
 * @throws HiatusError `TOOLCHAIN` when it cannot be started or runs out of time.
 */
export function run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
  const { cwd, env, signal, timeout = 120_000 } = options;
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own, so that a driver's children can be killed with it.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    let failure: { readonly reason: unknown } | undefined;
    const stop = (reason: unknown) => {
      failure ??= { reason };
      killGroup(child);
    };
    const onAbort = () => stop(signal?.reason);
    const timer = setTimeout(
      () =>
        stop(
          new HiatusError("TOOLCHAIN", `"${program}" did not end within ${timeout / 1000} s`, {
            detail: { argv },
            hint: "Run the same command by hand to see what it waits for",
          }),
        ),
      timeout,
    );
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    child.on("error", (cause) => {
      finish();
      reject(failure?.reason ?? startError(program, cause));
    });
    child.on("close", (status, endedBy) => {
      finish();
      if (failure !== undefined) reject(failure.reason);
      else resolve({ status, endedBy, stdout: stdout(), stderr: stderr() });
    });
  });
}

function startError(program: string, cause: Error): HiatusError {
  return new HiatusError("TOOLCHAIN", `"${program}" cannot be started: ${cause.message}`, {
    cause,
    detail: { program },
    hint: "See whether the file is there, may be executed and is made for this machine",
  });
}

/** Kills a child and everything in its group, and stops reading what grandchildren may still hold open. */
function killGroup(child: ChildProcess): void {
  try {
    if (process.platform === "win32" || child.pid === undefined) child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size >= OUTPUT_LIMIT) return;
    chunks.push(chunk.subarray(0, OUTPUT_LIMIT - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
