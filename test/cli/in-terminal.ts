/** Runs the compiled command in a terminal, by `script` of util-linux. */
import { spawn, spawnSync } from "node:child_process";
import { type Ended, ended, MAIN } from "./command.ts";

/** Why it cannot be tried, for the name of a test; empty when it can. In CI it must be there. */
export function whyNoTerminal(): string {
  const { stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
  const hasScript = /util-linux/.test(stdout ?? "");
  return hasScript || process.env.CI ? "" : " (not tried: there is no `script` of util-linux)";
}

/** How it is run. */
export interface TerminalOptions {
  readonly cwd: string;
  readonly columns: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the command; standard output and error arrive as one, as people see them. */
export function runInTerminal(args: string, options: TerminalOptions): Promise<Ended> {
  const { cwd, columns } = options;
  const command = `stty cols ${columns}; "${process.execPath}" "${MAIN}" ${args}`;
  const home = { PATH: process.env.PATH, HOME: cwd, TERM: "xterm", SHELL: "/bin/sh" };
  return ended(
    spawn("script", ["-qec", command, "/dev/null"], {
      cwd,
      env: { ...home, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
}
