/**
 * Releases to mirrors that are far away: does the time grow with the slowest of them, or with their sum?
 *
 * @module
 */
import { findRuntimes } from "../build/runtimes.ts";
import type { Context } from "../context.ts";
import { makeAuthority } from "../net/authority.ts";
import type { Image } from "../net/image.ts";
import { addressAt, LINK_PACKAGES, layLink, whyNoLink } from "../net/link.ts";
import { type Case, measure, type Way } from "../push/measure.ts";
import { toolEnvironment } from "../push/tools.ts";
import { type Mirrors, startMirrors } from "./host.ts";
import { prepareRelease, type Release } from "./ways.ts";

/** Round trips, in milliseconds. */
export const DISTANCES = [20, 80, 200] as const;
/** Mirrors at each distance. */
export const MIRRORS = 10;
/** By how many percent a way may be longer or shorter. */
const JITTER = 10;
const BUDGET_SECONDS = 50;

/** What was found. */
export interface FarFindings {
  readonly measured: Case | undefined;
  /** Why nothing was measured. */
  readonly missing: string | undefined;
}

/** Names of the rows. */
export const ROW = {
  at: (distance: number) => `${MIRRORS} mirrors, ${distance} ms away`,
  all: `all ${MIRRORS * DISTANCES.length} of them at once`,
} as const;

/** Measures releases to each distance and to all of them. */
export async function farCases(context: Context, image: Image): Promise<FarFindings> {
  const missing = whyNoLink() ?? (await context.need(LINK_PACKAGES));
  if (missing !== undefined) {
    context.say(`Distances are left out: ${missing}`);
    return { measured: undefined, missing };
  }
  const authority = await makeAuthority(context.scratch, DISTANCES.map(addressAt));
  const link = await layLink(context, DISTANCES, JITTER);
  const hosts: Mirrors[] = [];
  try {
    for (const distance of DISTANCES) {
      hosts.push(await startMirrors(context, MIRRORS, addressAt(distance), authority));
    }
    const targets = hosts.map((host) => host.targets);
    const [runtime] = await findRuntimes(context);
    if (runtime === undefined) throw new Error("There is no runtime to release with");
    const releases: (Way & Release)[] = [];
    const named = DISTANCES.map((distance, at) => [ROW.at(distance), targets[at] ?? []] as const);
    for (const [name, chosen] of [...named, [ROW.all, targets.flat()] as const]) {
      const folder = `release-far-${releases.length}`;
      const args = [folder, runtime, image, chosen, authority] as const;
      releases.push({ name, ours: true, ...(await prepareRelease(context, ...args)) });
    }
    const env = await toolEnvironment(context, { image, authority, targets: targets.flat() });
    const empty = async () => {
      await Promise.all(hosts.map((host) => host.forget()));
      await Promise.all(releases.map((release) => release.forget()));
    };
    const measured = await measure(context, releases, empty, {
      title: "Mirrors far away",
      env,
      before: link.far,
      warmUp: false,
      seconds: context.quick ? 0 : BUDGET_SECONDS,
    });
    return { measured, missing: undefined };
  } finally {
    await Promise.all(hosts.map((host) => host.stop()));
    await link.stop();
  }
}
