/**
 * The runtimes that `hiatus build` is timed in: the Node that runs the bench, Node 22, and Deno.
 *
 * @module
 */
import { join } from "node:path";
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

/** Finds the runtimes, gets those it can, and tells why one is left out. */
export async function findRuntimes(context: Context): Promise<readonly Runtime[]> {
  const compiled = join(context.root, "lib/cli/main.js");
  const source = join(context.root, "src/cli/main.ts");
  const node = (id: Runtime["id"], program: string, version: string): Runtime => ({
    id,
    name: `Node ${version}`,
    hiatus: [program, compiled],
    nothing: [program, "-e", "0"],
  });
  const deno = (id: Runtime["id"], program: string, version: string): Runtime => ({
    id,
    name: `Deno ${version}`,
    hiatus: [program, "run", "--allow-all", source],
    nothing: [program, "eval", "0"],
  });
  const found = [node("node", process.execPath, process.versions.node)];
  for (const [id, make] of [["node22", node] as const, ["deno", deno] as const]) {
    try {
      const program = await context.runtime(id);
      if (program === undefined) throw new Error("there is no package of it for this machine");
      const version = /\d+\.\d+\.\d+/.exec((await firstLine(program, "--version")) ?? "")?.[0];
      if (version === undefined) throw new Error(`"${program}" does not tell its version`);
      found.push(make(id, program, version));
    } catch (error) {
      context.say(`${id} is left out: ${(error as Error).message}`);
    }
  }
  return found;
}
