/**
 * Runs the programs that tests are about: found in Debian's folders first, bounded in time, output captured.
 *
 * @module
 */
import { type ExecFileException, execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** How a program is run. */
export interface CommandOptions {
  /** Besides the environment of the tests. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** Milliseconds until it is killed. @default 60000 */
  readonly timeout?: number | undefined;
}

/** How a program ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The programs under test are those of Debian's packages, whatever else is installed. */
export const PATH = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", process.env.PATH ?? ""].join(
  delimiter,
);

/** Absolute path of a program, or undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  return PATH.split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The environment that programs get. A runtime's settings of the person who tests must not reach it. */
export function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const foreign = /^(?:DOCKER_|CONTAINER|CONTAINERS_|STORAGE_|REGISTRY_|NOTIFY_SOCKET|LISTEN_)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), PATH, LC_ALL: "C.UTF-8", ...more };
}

/**
 * Runs a program to its end, whatever the end is.
 *
 * @throws Error when it cannot be started, or was killed because of its time.
 */
export function attempt(
  [program = "", ...args]: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { env, cwd, timeout = 60_000 } = options;
  return new Promise((resolve, reject) => {
    execFile(
      findProgram(program) ?? program,
      args,
      {
        cwd,
        env: environment(env),
        timeout,
        killSignal: "SIGKILL",
        maxBuffer: 64 * 1024 * 1024,
      },
      (error: ExecFileException | null, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === "number") resolve({ code, stdout, stderr });
        else reject(new Error(`${[program, ...args].join(" ")}: ${error?.message}\n${stderr}`));
      },
    ).stdin?.end();
  });
}

/**
 * Runs a program that is expected to succeed.
 *
 * @returns What it wrote to standard output.
 * @throws Error with everything it said when it fails.
 */
export async function run(command: readonly string[], options?: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await attempt(command, options);
  if (code === 0) return stdout;
  throw new Error(`${command.join(" ")} ended with exit code ${code}\n${stderr}${stdout}`);
}

/** What a program writes, as lines without the empty ones. */
export async function lines(
  command: readonly string[],
  options?: CommandOptions,
): Promise<readonly string[]> {
  return (await run(command, options)).split("\n").filter((line) => line !== "");
}
