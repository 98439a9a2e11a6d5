/**
 * What all registries under test have in common: how one is asked for, and what is known of one that runs.
 *
 * @module
 */
import { join } from "node:path";
import { run } from "../runtime/command.ts";
import { type Daemon, startDaemon } from "../runtime/daemon.ts";
import type { Authority } from "./authority.ts";
import { freePort } from "./free-port.ts";
import type { Provided } from "./peers.ts";
import { isUp } from "./raw.ts";
import type { TokenServer } from "./token-server.ts";

/** Somebody who may read and write. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** How a registry is to be reached. */
export interface RegistrySettings {
  /** Serve TLS with this certificate. @default plain http */
  readonly tls?: Authority;
  /** Ask for this account by Basic. @default nobody is asked */
  readonly account?: Account;
  /** Send clients to this server for tokens; the account is one that it knows. Only distribution can. */
  readonly tokens?: TokenServer;
}

/** A running registry. */
export interface Registry extends RegistrySettings {
  /** As the matrix calls it. */
  readonly name: string;
  /** `127.0.0.1:port`, as references have it. */
  readonly host: string;
  readonly origin: URL;
  /** The last lines of its log. */
  tail(): string;
  stop(): Promise<void>;
}

/** A registry that can be started. */
export interface RegistryKind {
  readonly name: string;
  /** Programs on the PATH that it needs. */
  readonly programs: readonly string[];
  /** The program that it is, where that is not on the PATH. */
  readonly peer?: Provided;
  /** Can it send clients to a token server? */
  readonly tokens: boolean;
  /** Can it serve TLS and ask for an account? */
  readonly locked: boolean;
  /** Does it take half an index for one when that comes by a tag, and then refuse whatever else comes? @default false */
  readonly choking?: boolean;
  /** Its version in words. */
  version(): Promise<string>;
  start(folder: string, settings?: RegistrySettings): Promise<Registry>;
}

/** The command that starts a registry, and its environment. */
export interface RegistryCommand {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a registry on a port of loopback and waits until it answers.
 *
 * @param folder - Its own; it exists and is empty.
 * @param prepare - Writes what it needs into the folder and gives the command.
 */
export async function startRegistry(
  name: string,
  folder: string,
  settings: RegistrySettings,
  prepare: (address: { readonly host: string; readonly port: number }) => Promise<RegistryCommand>,
): Promise<Registry> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const origin = new URL(`${settings.tls === undefined ? "http" : "https"}://${host}/`);
  const { command, env } = await prepare({ host, port });
  const daemon: Daemon = await startDaemon(command, {
    log: join(folder, "registry.log"),
    ready: () => isUp(origin, settings.tls?.ca),
    env,
  });
  return { ...settings, name, host, origin, tail: daemon.tail, stop: daemon.stop };
}

/** The first line that looks like a version in what a program says. */
export async function versionOf(command: readonly string[]): Promise<string> {
  const said = await run(command);
  return /v?([0-9]+(?:\.[0-9]+)+[0-9A-Za-z.+~-]*)/.exec(said)?.[1] ?? said.trim();
}
