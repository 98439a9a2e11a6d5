/**
 * Starting mirrors, see mirrors.ts.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Context } from "../context.ts";
import type { Authority } from "../net/authority.ts";
import type { Target } from "../net/target.ts";

/** Mirrors of one process. */
export interface Mirrors {
  readonly targets: readonly Target[];
  /** Makes all of them forget everything. */
  forget(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts them.
 *
 * @throws Error when the process ends before they listen.
 */
export async function startMirrors(
  { root }: Context,
  count: number,
  address = "127.0.0.1",
  authority?: Authority,
): Promise<Mirrors> {
  const tls = authority === undefined ? [] : [authority.certificate, authority.key];
  const program = join(root, ".cache", "bench", "mirrors.mjs");
  const child = spawn(process.execPath, [program, address, String(count), ...tls], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const { value, done } = await answers.next();
    if (done === true) throw new Error("The process of the mirrors ended");
    return value;
  };
  const ports = JSON.parse(await answer()) as readonly number[];
  return {
    targets: ports.map((port) => ({
      host: `${address}:${port}`,
      secure: authority !== undefined,
    })),
    async forget() {
      child.stdin.write("forget\n");
      await answer();
    },
    async stop() {
      const exit = once(child, "exit");
      child.stdin.end();
      await exit;
    },
  };
}
