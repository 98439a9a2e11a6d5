/**
 * What each program asks of a registry, in runs that nobody takes the time of.
 *
 * @module
 */
import { MANIFEST_TYPES, sendRaw } from "../../interop/raw.ts";
import type { Context } from "../context.ts";
import { timed } from "../interleave.ts";
import { type Count, longestChain, startCounter } from "../net/counter.ts";
import type { Image } from "../net/image.ts";
import type { Target } from "../net/target.ts";
import type { Tool } from "./tools.ts";

/** What one push asked. */
export interface Asked {
  readonly requests: number;
  /** Of these, how many had to wait for each other. */
  readonly chain: number;
  readonly connections: number;
  /** Attempts to speak TLS to the plain port. */
  readonly refused: number;
}

/** What one program asked of one registry. */
export interface ToolRequests {
  readonly name: string;
  readonly ours: boolean;
  readonly registry: string;
  readonly cold: Asked;
  readonly converged: Asked;
  /** Does the tag name the very index of the layout afterwards? */
  readonly same: boolean;
}

/** Long against what a registry on loopback takes, so that requests side by side overlap. */
const HOLD_MS = 100;

/** A registry that can be emptied. */
export interface CountedRegistry extends Target {
  readonly name: string;
  empty(): Promise<void>;
}

/** Lets each push twice through a counting proxy. One that fails is left out. */
export async function countRequests(
  context: Context,
  tools: readonly Tool[],
  registry: CountedRegistry,
  image: Image,
  envFor: (host: string) => Promise<Readonly<Record<string, string>>>,
): Promise<readonly ToolRequests[]> {
  const counter = await startCounter(registry, HOLD_MS);
  const env = await envFor(counter.host);
  const found: ToolRequests[] = [];
  try {
    for (const tool of tools) {
      context.say(`counting requests: ${tool.name}`);
      const command = tool.command([counter]);
      const push = async () => {
        counter.take();
        await timed({ command, env, cwd: context.root });
        return askedOf(counter.take());
      };
      try {
        await registry.empty();
        const { name, ours } = tool;
        const [cold, converged] = [await push(), await push()];
        const same = await names(registry, image);
        found.push({ name, ours, registry: registry.name, cold, converged, same });
      } catch (error) {
        context.say(`${tool.name} is left out: ${(error as Error).message}`);
      }
    }
  } finally {
    await counter.stop();
  }
  return found;
}

function askedOf({ requests, connections, refused }: Count): Asked {
  const chain = longestChain(requests, HOLD_MS / 4);
  return { requests: requests.length, chain, connections, refused };
}

async function names({ host }: Target, { tag, digest }: Image): Promise<boolean> {
  const url = new URL(`http://${host}/v2/bench/pause/manifests/${tag}`);
  const { headers } = await sendRaw(url, undefined, { headers: { accept: MANIFEST_TYPES } });
  return headers["docker-content-digest"] === digest;
}
