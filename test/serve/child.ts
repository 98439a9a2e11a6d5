/** Servers as processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A server that runs. */
export interface Served {
  readonly url: URL;
  readonly child: ChildProcess;
  /** What it said on standard error. */
  readonly said: () => string;
  /** Sends a signal and waits for the end. */
  end(
    signal: NodeJS.Signals,
  ): Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Starts a server and waits until it listens. @param program and its arguments. */
export async function startServer(
  ...[program, ...args]: readonly [string, ...string[]]
): Promise<Served> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = once(child, "close") as Promise<[number | null, string | null]>;
  const line = once(createInterface(child.stdout), "line") as Promise<[string]>;
  const first = await Promise.race([line, ended]);
  if (first.length !== 1) throw new Error(`The server ended (${first.join(" ")}): ${said}`);
  return {
    url: new URL(first[0]),
    child,
    said: () => said,
    async end(signal) {
      child.kill(signal);
      const [code, by] = await ended;
      return { code, signal: by };
    },
  };
}
