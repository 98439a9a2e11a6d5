/**
 * Registries of the distribution project that log nothing but errors, their storage in memory where there is a folder for that.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isUp } from "../../interop/raw.ts";
import { startDaemon } from "../../runtime/daemon.ts";
import type { Authority } from "./authority.ts";
import type { Target } from "./target.ts";

/** A running registry. */
export interface BenchRegistry extends Target {
  readonly pid: number;
  /** Takes away everything that was pushed to it. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

/** How one is started. */
export interface DistributionOptions {
  /** The program: version 2 or 3. */
  readonly program: string;
  /** IP address and port. */
  readonly host: string;
  readonly authority?: Authority | undefined;
  /** What the command is started with: taskset, for one. */
  readonly before?: readonly string[];
}

/** A new folder that is in memory where the system has such a place. */
export function memoryFolder(scratch: string): Promise<string> {
  return mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : scratch, "hiatus-bench-"));
}

/** Starts one and waits until it answers. */
export async function startDistribution(
  scratch: string,
  { program, host, authority, before = [] }: DistributionOptions,
): Promise<BenchRegistry> {
  const folder = await memoryFolder(scratch);
  const storage = join(folder, "storage");
  await mkdir(storage);
  const tls =
    authority === undefined
      ? {}
      : { tls: { certificate: authority.certificate, key: authority.key } };
  // JSON is YAML.
  const config = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: storage },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: host, secret: "bench", ...tls },
  };
  const file = join(folder, "config.yml");
  await writeFile(file, JSON.stringify(config));
  const secure = authority !== undefined;
  const origin = new URL(`${secure ? "https" : "http"}://${host}/`);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const daemon = await startDaemon([...before, program, "serve", file], {
      log: join(folder, "registry.log"),
      ready: () => isUp(origin, authority?.certificate),
      env: { OTEL_TRACES_EXPORTER: "none" },
    });
    return {
      host,
      pid: daemon.pid,
      secure,
      empty: () => rm(join(storage, "docker"), { recursive: true, force: true }),
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
