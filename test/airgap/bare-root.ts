/**
 * A host that has next to nothing: a folder to change the root to, with busybox, and the programs that a test allows it.
 *
 * @module
 */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { attempt, type CommandResult, findProgram, lines, run } from "../runtime/command.ts";

/** A bare host. */
export interface BareRoot {
  /** Where it lies as everybody else sees it. */
  readonly folder: string;
  /** Puts a file into it. @param path - As the bare host sees it, absolute. */
  put(file: string, path: string): Promise<void>;
  /** Runs a command in it, with no environment but what is given, whatever the exit code is. */
  attempt(
    command: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<CommandResult>;
}

/** Programs that making one needs. */
export const BARE_ROOT_PROGRAMS = ["busybox", "chroot", "ldd", "mknod"];

/**
 * Makes one. It has no `/proc` and no `/sys`, and of devices `null` and `urandom`.
 *
 * @param folder - Is made.
 * @param programs - Besides busybox, with the libraries that they are linked with.
 */
export async function makeBareRoot(
  folder: string,
  programs: readonly string[] = [],
): Promise<BareRoot> {
  const at = (path: string) => join(folder, path);
  for (const name of ["bin", "dev", "etc", "root", "tmp", "usr/bin"]) {
    await mkdir(at(name), { recursive: true });
  }
  await copyFile(programAt("busybox"), at("bin/busybox"));
  for (const applet of await lines([at("bin/busybox"), "--list"])) {
    // What busybox would not be called by is no loss.
    await attempt(["ln", "-s", "/bin/busybox", at(`bin/${basename(applet)}`)]);
  }
  await run(["mknod", "-m", "666", at("dev/null"), "c", "1", "3"]);
  await run(["mknod", "-m", "444", at("dev/urandom"), "c", "1", "9"]);
  await writeFile(at("etc/hosts"), "127.0.0.1 localhost\n");
  await writeFile(at("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  const put = async (file: string, path: string) => {
    await mkdir(dirname(at(path)), { recursive: true });
    await copyFile(file, at(path));
  };
  for (const name of programs) {
    const program = programAt(name);
    // A program stands before the applet of its name.
    await put(program, `/usr/bin/${name}`);
    for (const library of await librariesOf(program)) await put(library, library);
  }
  return {
    folder,
    put,
    attempt: (command, env = {}) => {
      const settings = { PATH: "/usr/bin:/bin", HOME: "/root", ...env };
      const assigned = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
      // Standard input is one that was closed, as it is for a person who types ahead of nothing.
      return attempt(["chroot", folder, "/bin/env", "-i", ...assigned, ...command]);
    },
  };
}

function programAt(name: string): string {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`There is no ${name} to copy`);
  return program;
}

/** Absolute paths of what the loader would load, itself among them. */
async function librariesOf(program: string): Promise<readonly string[]> {
  return (await lines(["ldd", program])).flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
