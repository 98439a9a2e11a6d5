/**
 * Another host: a network namespace of its own, at the other end of a cable that leads nowhere else.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { attempt, run } from "../runtime/command.ts";
import { makeFolder, removeFolder } from "../runtime/folder.ts";

/** The other host. */
export interface Neighbour {
  /** Its address, and ours on the cable. */
  readonly address: string;
  readonly ours: string;
  /** A command as it is run over there: the same files, another network. */
  there(command: readonly string[]): readonly string[];
  stop(): Promise<void>;
}

/** Programs that it needs. */
export const NEIGHBOUR_PROGRAMS = ["ip", "nsenter", "unshare"];

/**
 * Lays the cable.
 *
 * @param name - Of our end, at most ten characters.
 * @param network - Three bytes of a network for benchmarks, 198.18.0.0/15, that no other test uses at the same time.
 */
export async function addNeighbour(name: string, network: string): Promise<Neighbour> {
  const folder = await makeFolder();
  const held = join(folder, "net");
  const [ours, address] = [`${network}.1`, `${network}.2`];
  const there = (command: readonly string[]) => ["nsenter", `--net=${held}`, ...command];
  const stop = async () => {
    // Both ends go with the one.
    await attempt(["ip", "link", "delete", name]);
    await removeFolder(folder);
  };
  try {
    await writeFile(held, "");
    await run(["unshare", `--net=${held}`, "ip", "link", "set", "lo", "up"]);
    await run(["ip", "link", "add", name, "type", "veth", "peer", "name", "cable", "netns", held]);
    await run(["ip", "address", "add", `${ours}/30`, "dev", name]);
    await run(["ip", "link", "set", name, "up"]);
    await run(there(["ip", "address", "add", `${address}/30`, "dev", "cable"]));
    await run(there(["ip", "link", "set", "cable", "up"]));
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, ours, there, stop };
}
