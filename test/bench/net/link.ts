/**
 * A network namespace at the other end of a long cable: servers are here, at addresses that say how far they are, clients
 * run there. See link/main.go; netem would do it too, but not every kernel has it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findProgram, run } from "../../runtime/command.ts";
import { type Daemon, startDaemon } from "../../runtime/daemon.ts";
import type { Context } from "../context.ts";

/** A running cable. */
export interface Link {
  /** What a command is started with to run at the far end. */
  readonly far: readonly string[];
  stop(): Promise<void>;
}

/** Debian packages of the programs that make it. */
export const LINK_PACKAGES = ["iproute2", "util-linux"];

const NAMESPACE = "hiatus-bench";
const DEVICES = { here: "hiatusb0", there: "hiatusb1" };
/** RFC 2544 sets 198.18.0.0/15 aside for this. */
const CLIENT = "198.19.255.2";

/** The address of servers that are so many milliseconds away, from 1 to 254. */
export function addressAt(milliseconds: number): string {
  return `198.18.${milliseconds}.1`;
}

/** Why there can be no cable here, in words; undefined when there can. */
export function whyNoLink(): string | undefined {
  if (process.platform !== "linux") return "namespaces are Linux's";
  if (process.getuid?.() !== 0) return "only root may make a network namespace";
  if (!existsSync("/dev/net/tun")) return "there is no /dev/net/tun";
  const missing = ["go", "ip", "nsenter"].filter((name) => findProgram(name) === undefined);
  return missing.length > 0 ? `not installed: ${missing.join(", ")}` : undefined;
}

/**
 * Lays the cable.
 *
 * @param distances - Round trips in milliseconds.
 * @param jitter - By how many percent a half of a round trip may be longer or shorter.
 * @throws Error when a step fails; nothing of it is left then.
 */
export async function layLink(
  { root, scratch }: Context,
  distances: readonly number[],
  jitter = 0,
): Promise<Link> {
  const program = join(root, ".cache", "bench", "link");
  const env = { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
  const cwd = join(root, "test", "bench", "net", "link");
  await run(["go", "build", "-trimpath", "-buildvcs=false", "-o", program, "."], { cwd, env });
  const ip = (...args: readonly string[]) => run(["ip", ...args]);
  const { here, there } = DEVICES;
  let daemon: Daemon | undefined;
  const stop = async (): Promise<void> => {
    await daemon?.stop();
    await ip("netns", "del", NAMESPACE).catch(() => undefined);
  };
  // A run that was killed may have left it.
  await stop();
  try {
    await ip("netns", "add", NAMESPACE);
    daemon = await startDaemon([program, here, there, String(jitter)], {
      log: join(scratch, "link.log"),
      ready: async () => [here, there].every((device) => existsSync(`/sys/class/net/${device}`)),
    });
    await ip("link", "set", there, "netns", NAMESPACE);
    const inside = (...args: readonly string[]) => ip("-n", NAMESPACE, ...args);
    for (const device of ["lo", there]) await inside("link", "set", device, "up");
    await inside("link", "set", there, "txqueuelen", "10000");
    await inside("addr", "add", `${CLIENT}/32`, "dev", there);
    await inside("route", "add", "198.18.0.0/16", "dev", there, "src", CLIENT);
    await ip("link", "set", here, "up", "txqueuelen", "10000");
    for (const distance of distances)
      await ip("addr", "add", `${addressAt(distance)}/32`, "dev", here);
    await ip("route", "add", `${CLIENT}/32`, "dev", here);
  } catch (error) {
    await stop();
    throw error;
  }
  return { far: ["nsenter", `--net=/run/netns/${NAMESPACE}`], stop };
}
