/**
 * The shells that the self-extracting script is run under, and a file of it to run.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runScript } from "../../src/bundle/run/run-script.ts";
import { type CommandResult, environment } from "../runtime/command.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";
import { runContentOf } from "./run-sample.ts";

/** Each as a command. */
export const SHELLS: readonly (readonly [string, ...string[]])[] = [
  ["dash"],
  ["busybox", "ash"],
  ["bash"],
  ["bash", "--posix"],
  ["mksh"],
];

/** What must be installed for all of them. */
export const SHELL_PROGRAMS: readonly string[] = [...new Set(SHELLS.map(([name]) => name))];

/** How it is run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Standard input; nothing when left out. */
  readonly input?: string | Uint8Array;
  /** Whom it runs as, which takes root. */
  readonly user?: number | undefined;
  /** Called with the process once it runs. */
  readonly onSpawn?: (pid: number) => void;
}

/** Runs a command to its end, whatever that is. A signal is told as shells do: 128 and its number is not there, so -1. */
export function runCommand(
  [program = "", ...args]: readonly string[],
  options: RunOptions = {},
): Promise<CommandResult> {
  const { cwd, env = environment(), input, user, onSpawn } = options;
  const identity = user === undefined ? {} : { uid: user, gid: user };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      timeout: 60_000,
      killSignal: "SIGKILL",
      ...identity,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
    if (child.pid !== undefined) onSpawn?.(child.pid);
  });
}

/** The script as a file, and the image that is in it. */
export interface RunFile {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly image: PauseImage;
}

/** Builds the image and writes the script below a folder, which the caller removes. */
export async function makeRunFile(folder: string): Promise<RunFile> {
  const image = await buildPause(folder);
  const bytes = runScript(await runContentOf(image));
  const file = join(folder, `pause-${image.tag}.run`);
  await writeFile(file, bytes);
  return { file, bytes, image };
}
