/**
 * Running a node's own programs. Everything that does takes this as a function, so that tests put another in its place.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { HiatusError } from "../errors.ts";

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  /** What it wrote to standard output, as it is and as text. */
  readonly bytes: Uint8Array;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end, whatever that is.
 *
 * @throws HiatusError `RUNTIME` when it cannot be started, says more than fits or takes too long; the reason of the signal.
 */
export type Run = (
  command: readonly string[],
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<Outcome>;

/** Most bytes that a program may say: a content store lists a line a blob. */
const OUTPUT_LIMIT = 64 * 1024 * 1024;
/** Milliseconds. An import of a few kilobytes does not take minutes. */
const TIMEOUT = 120_000;

/** Runs programs of this machine, found by PATH, in English. */
export const runProgram: Run = ([program = "", ...args], { signal } = {}) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(program, args, {
      env: { ...process.env, LC_ALL: "C.UTF-8" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: { readonly out: Buffer[]; readonly err: Buffer[] } = { out: [], err: [] };
    let size = 0;
    let failure: unknown;
    const end = (error: unknown): void => {
      failure ??= error;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(
      () => end(refused([program, ...args], `did not end within ${TIMEOUT / 1000} s`, undefined)),
      TIMEOUT,
    );
    const onAbort = (): void => end(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const collect = (to: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size > OUTPUT_LIMIT) end(refused([program, ...args], "says more than fits", undefined));
      else to.push(chunk);
    };
    child.stdout.on("data", collect(chunks.out));
    child.stderr.on("data", collect(chunks.err));
    child.on("error", (cause: NodeJS.ErrnoException) => {
      failure ??=
        cause.code === "ENOENT"
          ? new HiatusError("RUNTIME", `There is no "${program}" here`, {
              cause,
              detail: { program },
              hint: "Run it on the node itself, with the runtime's own programs on the PATH",
            })
          : refused([program, ...args], `cannot be started: ${cause.code}`, cause);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      if (failure !== undefined) return reject(failure);
      const bytes = Buffer.concat(chunks.out);
      const stderr = Buffer.concat(chunks.err).toString("utf8");
      resolve({ code: code ?? 1, bytes, stdout: bytes.toString("utf8"), stderr });
    });
  });

/**
 * Runs a program that is expected to succeed.
 *
 * @throws HiatusError `RUNTIME` with the command and what it said.
 */
export async function must(
  run: Run,
  command: readonly string[],
  signal?: AbortSignal | undefined,
): Promise<Outcome> {
  const outcome = await run(command, { signal });
  if (outcome.code === 0) return outcome;
  const said = (outcome.stderr.trim() || outcome.stdout.trim()).slice(-600);
  throw refused(command, `ended with exit code ${outcome.code}${said && `: ${said}`}`, undefined);
}

function refused(command: readonly string[], what: string, cause: unknown): HiatusError {
  return new HiatusError("RUNTIME", `"${command.join(" ")}" ${what}`, {
    cause,
    detail: { command },
    hint: hintFor(what),
  });
}

function hintFor(said: string): string {
  if (/permission denied|operation not permitted|EACCES/i.test(said)) {
    return "Run it as root, or as a user that may use the runtime's socket";
  }
  if (/connection refused|no such file|cannot connect|unavailable|deadline/i.test(said)) {
    return "See that the runtime runs, and name its socket with --address if it is another one";
  }
  if (/no space left/i.test(said)) return "Free some space where the runtime stores images";
  return "Run that command by itself; what it says is the runtime's own";
}
