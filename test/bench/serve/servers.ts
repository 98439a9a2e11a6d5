/**
 * Who serves: hiatus in each runtime, from a layout and from a folder that can be pushed to, and the others.
 *
 * @module
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../interop/free-port.ts";
import { isUp } from "../../interop/raw.ts";
import { findProgram } from "../../runtime/command.ts";
import { startDaemon } from "../../runtime/daemon.ts";
import type { Runtime } from "../build/runtimes.ts";
import { findRuntimes } from "../build/runtimes.ts";
import type { Context } from "../context.ts";
import { memoryFolder, startDistribution } from "../net/distribution.ts";
import type { Image } from "../net/image.ts";

/** A registry on loopback. */
export interface Server {
  readonly host: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A registry that can be started. */
export interface ServerKind {
  readonly name: string;
  readonly ours: boolean;
  /** Does it have the image as soon as it is up? */
  readonly filled: boolean;
  /** @param before - What its command is started with. */
  start(before: readonly string[]): Promise<Server>;
}

/** Debian packages of servers and of what loads them. */
export const SERVER_PACKAGES = ["docker-registry"];

/** Those that can be had, ours first. */
export async function findServers(
  context: Context,
  image: Image,
): Promise<{ readonly kinds: readonly ServerKind[]; readonly runtimes: readonly string[] }> {
  const runtimes = await findRuntimes(context);
  const kinds: ServerKind[] = runtimes.map((runtime) => layoutServer(context, runtime, image));
  const [node] = runtimes;
  if (node !== undefined) kinds.splice(1, 0, folderServer(context, node));
  const leave = (name: string, why: string) => context.say(`${name} is left out: ${why}`);
  for (const name of ["distribution", "zot"] as const) {
    try {
      const peer = await context.peer(name);
      if ("missing" in peer) leave(name, peer.missing);
      else if (name === "zot") kinds.push(zotServer(context, peer.program));
      else kinds.push(distributionServer(context, "distribution 3", peer.program));
    } catch (error) {
      leave(name, (error as Error).message);
    }
  }
  const why = await context.need(SERVER_PACKAGES);
  const debian = findProgram("docker-registry");
  if (why !== undefined || debian === undefined) leave("distribution 2.8", why ?? "not installed");
  else kinds.push(distributionServer(context, "distribution 2.8", debian));
  return { kinds, runtimes: runtimes.map(({ name }) => name) };
}

function distributionServer(context: Context, name: string, program: string): ServerKind {
  return {
    name,
    ours: false,
    filled: false,
    start: async (before) => {
      const host = `127.0.0.1:${await freePort()}`;
      return startDistribution(context.scratch, { program, host, before });
    },
  };
}

function layoutServer(context: Context, { name, hiatus }: Runtime, image: Image): ServerKind {
  return {
    name: `hiatus serve LAYOUT, ${name}`,
    ours: true,
    filled: true,
    start: (before) =>
      startOwnFolder(context, before, (host) => ({
        command: [
          ...[...hiatus, "serve", "--quiet", "--name", "bench/pause", "--listen", host],
          `oci:${image.layout}`,
        ],
      })),
  };
}

function folderServer(context: Context, { name, hiatus }: Runtime): ServerKind {
  return {
    name: `hiatus serve --writable, ${name}`,
    ours: true,
    filled: false,
    start: (before) =>
      startOwnFolder(context, before, (host, folder) => ({
        command: [
          ...[...hiatus, "serve", "--quiet", "--listen", host],
          ...["--writable", join(folder, "storage")],
        ],
      })),
  };
}

function zotServer(context: Context, program: string): ServerKind {
  return {
    name: "zot 1.4",
    ours: false,
    filled: false,
    start: (before) =>
      startOwnFolder(context, before, (host, folder) => {
        const [address, port] = host.split(":");
        const config = {
          distSpecVersion: "1.0.1-dev",
          storage: { rootDirectory: join(folder, "storage"), dedupe: false, gc: false },
          http: { address, port },
          log: { level: "fatal" },
        };
        const file = join(folder, "config.json");
        return { command: [program, "serve", file], file, text: JSON.stringify(config) };
      }),
  };
}

interface Prepared {
  readonly command: readonly string[];
  /** A file to be written before, and its text. */
  readonly file?: string;
  readonly text?: string;
}

async function startOwnFolder(
  { scratch }: Context,
  before: readonly string[],
  prepare: (host: string, folder: string) => Prepared,
): Promise<Server> {
  const folder = await memoryFolder(scratch);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const host = `127.0.0.1:${await freePort()}`;
    const { command, file, text } = prepare(host, folder);
    if (file !== undefined) await writeFile(file, text ?? "");
    await mkdir(join(folder, "storage"));
    const daemon = await startDaemon([...before, ...command], {
      log: join(folder, "registry.log"),
      ready: () => isUp(new URL(`http://${host}/`)),
    });
    return {
      host,
      pid: daemon.pid,
      async stop() {
        await daemon.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
