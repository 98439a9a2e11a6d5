/**
 * The same short life of a container, for clients that are called like `docker`.
 *
 * @module
 */
import { expect } from "vitest";
import { timed } from "./clock.ts";
import type { CommandResult } from "./command.ts";
import type { PauseImage } from "./pause-image.ts";

/** A client, and what it needs to run a container. */
export interface Client {
  readonly name: string;
  readonly flags: readonly string[];
  run(...args: readonly string[]): Promise<string>;
  attempt(...args: readonly string[]): Promise<CommandResult>;
}

/** Runs `/pause -v`. */
export async function expectVersion({ run, flags }: Client, image: PauseImage): Promise<void> {
  expect(await run("run", "--rm", ...flags, image.name, "-v")).toBe(
    `pause.c ${image.record.stamp}\n`,
  );
}

/** Stops it long before it would be killed, with exit code 0. */
export async function expectGentleStop(client: Client, image: PauseImage): Promise<void> {
  const { name, run, flags } = client;
  await run("run", "--detach", "--name", "stopped", ...flags, image.name);
  // It is killed after ten seconds, with exit code 137.
  const { ms } = await timed(() => run("stop", "stopped"));
  const code = await run("inspect", "--format", "{{.State.ExitCode}}", "stopped");
  const said = await client.attempt("logs", "stopped");
  await run("rm", "--force", "stopped");
  console.info(`${name} stop: ${ms} ms`);
  expect(code.trim()).toBe("0");
  expect(said.stderr).toContain("Shutting down, got signal: Terminated");
  expect(ms).toBeLessThan(5_000);
}
