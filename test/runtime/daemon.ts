/**
 * A daemon that a test starts for itself and ends again.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { environment, findProgram } from "./command.ts";
import { until } from "./until.ts";

/** How a daemon is started. */
export interface DaemonOptions {
  /** File that gets what it says. */
  readonly log: string;
  /** Is it ready to be used? Asked again and again. */
  readonly ready: () => Promise<boolean>;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A running daemon. */
export interface Daemon {
  readonly pid: number;
  /** The last lines of its log. */
  tail(): string;
  /** Ends it by SIGTERM, or after ten seconds by SIGKILL. */
  stop(): Promise<void>;
}

/**
 * Starts a daemon and waits until it is ready.
 *
 * @throws Error with the end of its log when it ends or does not get ready within 30 s; it does not run then.
 */
export async function startDaemon(
  [program = "", ...args]: readonly string[],
  { log, ready, env }: DaemonOptions,
): Promise<Daemon> {
  const output = openSync(log, "a");
  // It dies with the tests even when they are killed.
  const child = spawn(
    findProgram("setpriv") ?? "setpriv",
    ["--pdeathsig", "TERM", findProgram(program) ?? program, ...args],
    { env: environment(env), stdio: ["ignore", output, output], detached: true },
  );
  closeSync(output);
  await once(child, "spawn");
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const tail = () => readFileSync(log, "utf8").split("\n").slice(-15).join("\n");
  const daemon: Daemon = {
    pid: child.pid ?? 0,
    tail,
    async stop() {
      if (ended()) return;
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await exit;
      clearTimeout(timer);
    },
  };
  try {
    await until(
      `${program} to be ready`,
      () => {
        if (ended()) throw new Error(`${program} ended with ${child.exitCode}\n${tail()}`);
        return ready();
      },
      { explain: tail },
    );
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return daemon;
}
