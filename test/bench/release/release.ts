/**
 * The release bench: one image to 1, 10 and 100 mirrors, near and far, against shell loops of other tools.
 *
 * @module
 */
import { findRuntimes } from "../build/runtimes.ts";
import type { Context } from "../context.ts";
import { timed } from "../interleave.ts";
import { machine, versions } from "../machine.ts";
import { longestChain, startCounter } from "../net/counter.ts";
import { buildImage, type Image } from "../net/image.ts";
import { peerVersions } from "../net/peer-versions.ts";
import type { Target } from "../net/target.ts";
import { type Case, measure, type Way } from "../push/measure.ts";
import { ourTools, peerTools, toolEnvironment } from "../push/tools.ts";
import { type FarFindings, farCases } from "./far.ts";
import { startMirrors } from "./host.ts";
import { reportRelease } from "./report.ts";
import { type Peak, peakOf } from "./sample.ts";
import { loopsOf, prepareRelease, type Release } from "./ways.ts";

const SIZES = [1, 10, 100] as const;
/** Seconds for the rounds of each, so that all of it stays within four minutes. */
const BUDGET = { 1: 20, 10: 35, 100: 1 } as const;
const HOLD_MS = 100;

/** What a release asks of one mirror. */
export interface ReleaseAsked {
  readonly state: "cold" | "converged";
  readonly requests: number;
  readonly writes: number;
  readonly chain: number;
  readonly connections: number;
}

/** Mirrors and what a release to them had at most. */
export interface SizePeak extends Peak {
  readonly mirrors: number;
}

/** Everything that was measured. */
export interface ReleaseFindings {
  readonly machine: string;
  readonly versions: string;
  readonly image: Image;
  readonly asked: readonly ReleaseAsked[];
  readonly cases: readonly Case[];
  readonly peaks: readonly SizePeak[];
  readonly far: FarFindings;
}

/** Measures, then writes `docs/benchmarks.md` and its plot. */
export async function benchRelease(context: Context): Promise<void> {
  const where = await machine();
  const image = await buildImage(context);
  const cases: Case[] = [];
  const peaks: SizePeak[] = [];
  for (const size of context.quick ? SIZES.slice(0, 2) : SIZES) {
    const found = await nearCase(context, image, size);
    cases.push(found.measured);
    peaks.push(found.peak);
  }
  const asked = await countRelease(context, image);
  const far = await farCases(context, image);
  const runtimes = await findRuntimes(context);
  await reportRelease(context, {
    machine: where,
    versions: [
      ...runtimes.map(({ name }) => name),
      await versions([
        { name: "skopeo", command: ["skopeo", "--version"] },
        ...(await peerVersions(context, ["crane"])),
      ]),
    ].join(", "),
    image,
    asked,
    cases,
    peaks,
    far,
  });
}

async function nearCase(context: Context, image: Image, size: (typeof SIZES)[number]) {
  const mirrors = await startMirrors(context, size);
  const { targets } = mirrors;
  try {
    const settings = { image, targets };
    const env = await toolEnvironment(context, settings);
    const runtimes = await findRuntimes(context);
    const releases: (Way & Release)[] = [];
    for (const runtime of size === 100 ? runtimes.slice(0, 1) : runtimes) {
      const folder = `release-${size}-${runtime.id}`;
      const release = await prepareRelease(context, folder, runtime, image, targets);
      releases.push({ ...release, name: `hiatus release, ${runtime.name}`, ours: true });
    }
    const [push] = await ourTools(context, settings);
    const peers = await peerTools(context, settings);
    const loops = peers.filter(({ name }) => /^(?:skopeo|crane)/.test(name));
    const ways: readonly Way[] = [
      ...releases,
      ...(push === undefined ? [] : [{ ...push, command: push.command(targets) }]),
      ...loopsOf(loops, targets),
    ];
    const empty = async () => {
      await mirrors.forget();
      await Promise.all(releases.map((release) => release.forget()));
    };
    const [first] = releases;
    if (first === undefined) throw new Error("There is no runtime to release with");
    await empty();
    const peak = await peakOf(first.command, { env, cwd: context.root });
    const measured = await measure(context, ways, empty, {
      title: size === 1 ? "One mirror" : `${size} mirrors`,
      env,
      // The hundred are long enough that a first run is like the others.
      warmUp: size < 100,
      seconds: context.quick ? 0 : BUDGET[size],
    });
    return { measured, peak: { mirrors: size, ...peak } };
  } finally {
    await mirrors.stop();
  }
}

/** What one mirror is asked, cold and converged. */
async function countRelease(context: Context, image: Image): Promise<readonly ReleaseAsked[]> {
  const mirrors = await startMirrors(context, 1);
  const [mirror] = mirrors.targets as [Target];
  const counter = await startCounter(mirror, HOLD_MS);
  try {
    const [runtime] = await findRuntimes(context);
    if (runtime === undefined) return [];
    const release = await prepareRelease(context, "release-counted", runtime, image, [counter]);
    const env = await toolEnvironment(context, { image, targets: [counter] });
    const asked: ReleaseAsked[] = [];
    for (const state of ["cold", "converged"] as const) {
      await timed({ command: release.command, env, cwd: context.root });
      const { requests, connections } = counter.take();
      asked.push({
        state,
        requests: requests.length,
        writes: requests.filter(({ method }) => method !== "GET" && method !== "HEAD").length,
        chain: longestChain(requests, HOLD_MS / 4),
        connections,
      });
    }
    return asked;
  } finally {
    await counter.stop();
    await mirrors.stop();
  }
}
