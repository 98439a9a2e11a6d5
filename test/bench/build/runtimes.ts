/**
 * The runtimes that `hiatus build` is timed in: the Node that runs the bench, Node 22, and Deno.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Context } from "../context.ts";
import { firstLine } from "../machine.ts";

/** A way to start the command. */
export interface Runtime {
  readonly id: "node" | "node22" | "deno";
  /** As rows show it: "Node 20.20.2". */
  readonly name: string;
  readonly hiatus: readonly string[];
  /** A program without work: what the runtime itself costs. */
  readonly nothing: readonly string[];
}

/** Exact, so that two runs of the bench compare. */
const NODE_22 = "22.23.3";

const execute = promisify(execFile);

/** Finds the runtimes, gets those it can, and tells why one is left out. */
export async function findRuntimes(context: Context): Promise<readonly Runtime[]> {
  const main = join(context.root, "lib/cli/main.js");
  const node = (id: "node" | "node22", program: string, version: string): Runtime => ({
    id,
    name: `Node ${version}`,
    hiatus: [program, main],
    nothing: [program, "-e", "0"],
  });
  const found: Runtime[] = [node("node", process.execPath, process.versions.node)];

  const newer = await node22(context);
  if (newer !== undefined) found.push(node("node22", newer, NODE_22));

  // The package's own binary: its Node wrapper would be timed as well.
  const libc = process.platform === "linux" ? "-glibc" : "";
  const platform = `${process.platform}-${process.arch}${libc}`;
  const deno = join(context.root, "node_modules/@deno", platform, "deno");
  const version = /\d+\.\d+\.\d+/.exec((await firstLine(deno, "--version")) ?? "")?.[0];
  if (version === undefined) {
    context.say(`Deno is left out: "${deno}" does not answer`);
  } else {
    found.push({
      id: "deno",
      name: `Deno ${version}`,
      hiatus: [deno, "run", "--allow-all", join(context.root, "src/cli/main.ts")],
      nothing: [deno, "eval", "0"],
    });
  }
  return found;
}

/** Node 22 as npm packs it, kept between runs of the bench. */
async function node22(context: Context): Promise<string | undefined> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(context.root, ".cache", `${name}-${NODE_22}`);
  const program = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(program)) return program;
  try {
    const args = [
      "install",
      "--no-save",
      "--ignore-scripts",
      "--prefix",
      folder,
      `${name}@${NODE_22}`,
    ];
    await execute("npm", args, { cwd: context.scratch });
    if (existsSync(program)) return program;
    context.say(`Node ${NODE_22} is left out: its package has no "bin/node"`);
  } catch (error) {
    context.say(`Node ${NODE_22} is left out: ${(error as Error).message.split("\n")[0]}`);
  }
  return undefined;
}
