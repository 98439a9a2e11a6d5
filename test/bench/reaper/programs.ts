/**
 * The programs that are tried as PID 1: ours, upstream's way with two libcs, and the inits people use.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Context } from "../context.ts";

const execute = promisify(execFile);

/** A program to try. */
export interface Program {
  /** As rows show it. */
  readonly name: string;
  readonly command: readonly string[];
  /** Bytes of its file. */
  readonly bytes: number;
  readonly ours: boolean;
}

/** Debian packages of the programs and of what builds them. */
export const PACKAGES = ["gcc", "libc6-dev", "musl-tools", "catatonit", "tini", "dumb-init"];

/** Makes and finds the programs; tells why one is left out. */
export async function findPrograms(context: Context): Promise<readonly Program[]> {
  const { root, scratch } = context;
  const ours = await buildOurs(context);
  const compile = (name: string, compiler: string, source: string) =>
    compilePeer(compiler, join(root, "test/bench/peers", source), join(scratch, name));
  const upstream = "upstream-pause.c";
  const waiter = () =>
    compile("wait", "musl-gcc", "wait.c").catch(() => compile("wait", "gcc", "wait.c"));

  const candidates: readonly [string, () => Promise<readonly string[]>][] = [
    ["hiatus", async () => [ours]],
    ["upstream's way, musl", async () => [await compile("pause-musl", "musl-gcc", upstream)]],
    ["upstream's way, glibc", async () => [await compile("pause-glibc", "gcc", upstream)]],
    ["catatonit -P", async () => ["/usr/bin/catatonit", "-P"]],
    ["tini (static)", async () => ["/usr/bin/tini-static", await waiter()]],
    ["tini", async () => ["/usr/bin/tini", await waiter()]],
    ["dumb-init", async () => ["/usr/bin/dumb-init", await waiter()]],
  ];
  const found: Program[] = [];
  for (const [name, make] of candidates) {
    try {
      const command = await make();
      const bytes = await settle(command[0] ?? "");
      found.push({ name, command, bytes, ours: name === "hiatus" });
    } catch (error) {
      context.say(`${name} is left out: ${(error as Error).message.trim()}`);
    }
  }
  return found;
}

/** The helper that runs a program as PID 1 and measures it. */
export async function compileHelper({ root, scratch }: Context): Promise<string> {
  const folder = join(root, "test/bench/pid1");
  const sources = (await readdir(folder)).filter((name) => name.endsWith(".c"));
  const output = join(scratch, "pid1");
  const flags = ["-std=gnu11", "-O2", "-static", "-Wall", "-Wextra", "-Werror"];
  await execute("gcc", [...flags, "-o", output, ...sources], { cwd: folder });
  return output;
}

/** Its size. Flushed, because pages of a file that is not on the disk yet count as dirty in who maps it. */
async function settle(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** What `hiatus build` makes for this machine. */
async function buildOurs({ root, scratch }: Context): Promise<string> {
  const platform = { x64: "linux/amd64", arm64: "linux/arm64", s390x: "linux/s390x" }[
    process.arch as string
  ];
  if (platform === undefined) throw new Error(`There is no platform for "${process.arch}" here`);
  const main = join(root, "lib/cli/main.js");
  const args = [main, "build", "--quiet", "--platform", platform, "--out", scratch];
  await execute(process.execPath, args, { cwd: root });
  const bin = join(scratch, "pause", "bin");
  return join(bin, (await readdir(bin))[0] ?? "", "pause");
}

async function compilePeer(compiler: string, source: string, output: string): Promise<string> {
  const flags = ["-Os", "-Wall", "-Werror", "-static", '-DVERSION="3.10.2"'];
  await execute(compiler, [...flags, "-o", output, source]);
  await execute("strip", [output]);
  return output;
}
