/**
 * Runs a credential helper: no shell, bounded output and time.
 *
 * @module
 */
import { HiatusError } from "../../errors.ts";

/** How the program ended. */
export interface ProgramResult {
  /** Exit code, or null when a signal ended it. */
  readonly status: number | null;
  readonly endedBy: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How it is run. */
export interface ProgramOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. @default 60000 */
  readonly timeout?: number | undefined;
}

/** Bytes of standard output; the rest is dropped, and what was cut short is no JSON. */
const OUTPUT_LIMIT = 64 * 1024;
const ERROR_LIMIT = 4096;

/**
 * Runs `PROGRAM get` with the server on standard input. In the process group of this program, because a helper may ask for a
 * passphrase on the terminal.
 *
 * @throws HiatusError `CONFIG` when it cannot be started or does not end in time; the reason of the signal.
 */
export async function runHelper(
  program: string,
  server: string,
  options: ProgramOptions,
): Promise<ProgramResult> {
  const { env, signal, timeout = 60_000 } = options;
  const { spawn } = await import("node:child_process");
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(program, ["get"], { env, stdio: "pipe", windowsHide: true });
    const stdout = collect(child.stdout, OUTPUT_LIMIT);
    const stderr = collect(child.stderr, ERROR_LIMIT);
    const settle = (settled: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      settled();
    };
    const stop = (reason: unknown) => {
      child.kill("SIGKILL");
      // What the helper started may hold them open.
      child.stdout.destroy();
      child.stderr.destroy();
      settle(() => reject(reason));
    };
    const onAbort = () => stop(signal?.reason);
    const timer = setTimeout(() => stop(tooSlow(program, server, timeout)), timeout);
    signal?.addEventListener("abort", onAbort, { once: true });
    // A helper that ends without reading closes the pipe; how it ended says more.
    child.stdin.on("error", () => {});
    child.on("error", (cause) => settle(() => reject(cannotStart(program, server, cause))));
    child.on("close", (status, endedBy) =>
      settle(() => resolve({ status, endedBy, stdout: stdout(), stderr: stderr() })),
    );
    child.stdin.end(server);
  });
}

function collect(stream: NodeJS.ReadableStream, limit: number): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

function cannotStart(program: string, server: string, cause: Error): HiatusError {
  const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  const why = isMissing ? "it is not in the PATH" : cause.message;
  return new HiatusError("CONFIG", `"${program}" cannot be asked for "${server}": ${why}`, {
    cause,
    detail: { program, server },
    hint: "Install that credential helper, or take it out of the configuration file",
  });
}

function tooSlow(program: string, server: string, timeout: number): HiatusError {
  return new HiatusError(
    "CONFIG",
    `"${program}" did not answer within ${timeout / 1000} s when asked for "${server}"`,
    {
      detail: { program, server },
      hint: `Run it by hand and see what it waits for: echo ${server} | ${program} get`,
    },
  );
}
