/**
 * What the figures were measured on and with.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The first line that a program prints, or undefined when it cannot be run. */
export async function firstLine(...command: readonly string[]): Promise<string | undefined> {
  const [program = "", ...args] = command;
  try {
    const { stdout, stderr } = await execute(program, args, { timeout: 20_000 });
    return (stdout.trim() || stderr.trim()).split("\n")[0]?.trim();
  } catch {
    return undefined;
  }
}

/** One line: date, processors, memory, kernel, distribution, and how busy it was. */
export async function machine(): Promise<string> {
  const processors = cpus();
  const distribution = /^PRETTY_NAME="?(.*?)"?$/m.exec(
    await readFile("/etc/os-release", "utf8").catch(() => ""),
  )?.[1];
  const facts = [
    new Date().toISOString().slice(0, 10),
    `${processors.length} x ${processors[0]?.model.trim() || "unknown processor"}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Linux ${release()}`,
    distribution ?? "unknown distribution",
    `load ${loadavg()[0]?.toFixed(1)} at the start`,
  ];
  return facts.join(", ");
}

/** The versions of programs, one list: "gcc 12.2.0, buildah 1.28.2". Those that are not there are left out. */
export async function versions(
  programs: readonly { readonly name: string; readonly command: readonly string[] }[],
): Promise<string> {
  const found = await Promise.all(
    programs.map(async ({ name, command }) => {
      const line = await firstLine(...command);
      const number = /\d+\.\d+[\w.+~-]*/.exec(line ?? "")?.[0];
      return number === undefined ? [] : [`${name} ${number}`];
    }),
  );
  return found.flat().join(", ");
}
