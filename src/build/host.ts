/**
 * The machine that toolchains look around on: programs on PATH and what they say of themselves.
 *
 * @module
 */
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { HiatusError } from "../errors.ts";
import type { Cache } from "./cache.ts";
import type { Environment } from "./cache-dir.ts";
import { type Files, sha256 } from "./files.ts";

/** What toolchains may ask of the machine. */
export interface Host {
  /** Absolute path of the first program of that name on PATH. */
  find(name: string): string | undefined;
  /** Names on PATH that match, in no order. */
  list(pattern: RegExp): readonly string[];
  /** Is something at that path? */
  exists(path: string): boolean;
  /**
   * What a program prints. Remembered in the cache for as long as the program's file stays the same, so that a second
   * build starts no process to find out what it compiles with.
   *
   * @throws HiatusError `TOOLCHAIN` when it fails.
   */
  ask(program: string, ...args: readonly string[]): Promise<string>;
  /** Does a program take these arguments? Remembered in the same way. */
  accepts(program: string, ...args: readonly string[]): Promise<boolean>;
}

/** Room of the cache for answers of programs. The number changes when its meaning does. */
const ROOM = "answers-1";

/** How a program answered: what it printed, or what it complained of. */
interface Answer {
  readonly status: number | null;
  readonly text: string;
}

/** Opens the machine as an environment sees it. */
export function openHost(env: Environment, files: Files, cache: Cache, signal?: AbortSignal): Host {
  const path = env.PATH ?? "";
  // An empty or relative folder in PATH means the current folder, where no compiler is looked for.
  const folders = path.split(delimiter).filter(isAbsolute);
  const answerOf = async (program: string, args: readonly string[]): Promise<Answer> => {
    const key = sha256(JSON.stringify([program, files.identity(program), args, path]));
    const known = cache.read(ROOM, key);
    if (known !== undefined) return JSON.parse(known) as Answer;
    const { run } = await import("./run.ts");
    const environment = { PATH: path, LC_ALL: "C" };
    const limits = { cwd: "/", env: environment, signal, timeout: 30_000 };
    const { status, stdout, stderr } = await run([program, ...args], limits);
    const answer = { status, text: (status === 0 ? stdout : stderr).trim() };
    await cache.write(ROOM, key, JSON.stringify(answer));
    return answer;
  };
  return {
    find: (name) => folders.map((folder) => join(folder, name)).find(isProgram),
    list: (pattern) => folders.flatMap(namesIn).filter((name) => pattern.test(name)),
    exists: files.exists,
    async ask(program, ...args) {
      const answer = await answerOf(program, args);
      if (answer.status === 0) return answer.text;
      const command = [program, ...args].join(" ");
      throw new HiatusError("TOOLCHAIN", `"${command}" failed: ${answer.text.slice(0, 400)}`, {
        detail: { command, status: answer.status },
        hint: "Install that compiler anew, or use another one with --toolchain",
      });
    },
    accepts: async (program, ...args) => (await answerOf(program, args)).status === 0,
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
