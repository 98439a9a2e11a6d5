/**
 * The bench of the air gap: what is carried, what it takes to seed registries with it, and to load a node.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../interop/free-port.ts";
import { findProgram, run } from "../../runtime/command.ts";
import { PEER_PLATFORMS } from "../build/contenders.ts";
import type { Context } from "../context.ts";
import { machine, versions } from "../machine.ts";
import { type BenchRegistry, startDistribution } from "../net/distribution.ts";
import { peerVersions } from "../net/peer-versions.ts";
import { type Case, measure, waysOf } from "../push/measure.ts";
import { countRequests, type ToolRequests } from "../push/requests.ts";
import { toolEnvironment } from "../push/tools.ts";
import { startMirrors } from "../release/host.ts";
import { ourBundles, peerBundles, type Weighed, weigh } from "./bundles.ts";
import { startSaver } from "./docker.ts";
import { buildImages, type Images } from "./images.ts";
import { loadNodes } from "./nodes.ts";
import { REGISTRY, reportAirgap } from "./report.ts";
import { type Seeders, seeders } from "./seeds.ts";

const TEN = 10;
/** Seconds for the rounds of each part, so that all of it stays within four minutes. */
const BUDGET = { bundles: 40, one: 30, ten: 45, nodes: 20 } as const;

/** Measures, then writes `docs/benchmarks.md` and its plot. */
export async function benchAirgap(context: Context): Promise<void> {
  const where = await machine();
  const registry = await context.peer("distribution");
  if ("missing" in registry) throw new Error(`Nothing to seed: ${registry.missing}`);
  const images = await buildImages(context);
  const registries = await startRegistries(context, registry.program);
  try {
    const carried = await carry(context, images, registries[0] as BenchRegistry);
    const ways = await seeders(context, carried, images.ours.tag);
    const requests = await countAll(context, images, ways, registries[0] as BenchRegistry);
    const cases = await seedCases(context, images, ways, registries);
    const nodes = await loadNodes(context, carried, BUDGET.nodes);
    await reportAirgap(context, {
      machine: where,
      versions: await versions([
        { name: "skopeo", command: ["skopeo", "--version"] },
        { name: "containerd", command: [findProgram("containerd") ?? "", "--version"] },
        { name: "dockerd", command: [findProgram("dockerd") ?? "", "--version"] },
        { name: "podman", command: [findProgram("podman") ?? "", "--version"] },
        ...(await peerVersions(context, ["crane", "distribution"])),
      ]),
      ...{ images, carried, requests, cases, nodes },
    });
  } finally {
    await Promise.all(registries.map((one) => one.stop()));
  }
}

async function startRegistries(
  context: Context,
  program: string,
): Promise<readonly BenchRegistry[]> {
  const registries: BenchRegistry[] = [];
  try {
    for (let at = 0; at < TEN; at++) {
      const host = `127.0.0.1:${await freePort()}`;
      registries.push(await startDistribution(context.scratch, { program, host }));
    }
  } catch (error) {
    await Promise.all(registries.map((one) => one.stop()));
    throw error;
  }
  return registries;
}

/** Both images go to a registry on the near side, and from there into everything that can be carried. */
async function carry(
  context: Context,
  { ours, upstream }: Images,
  near: BenchRegistry,
): Promise<readonly Weighed[]> {
  const main = join(context.root, "lib", "cli", "main.js");
  const [first, second] = [`${near.host}/near/pause`, `${near.host}/near/upstream`];
  const from = `oci:${ours.layout}:${ours.tag}`;
  await run([process.execPath, main, "push", "--quiet", from, `${first}:${ours.tag}`]);
  if (upstream !== undefined) {
    const to = ["--dest-tls-verify=false", `docker://${second}:${ours.tag}`];
    const archive = `oci-archive:${upstream.archive}:${ours.tag}`;
    await run(["skopeo", "--insecure-policy", "copy", "--quiet", "--all", archive, ...to], {
      env: { TMPDIR: context.scratch },
    });
  }
  const folder = join(context.scratch, "carried");
  await mkdir(folder);
  const place = {
    folder,
    tag: ours.tag,
    ours: `${first}:${ours.tag}`,
    upstream: upstream === undefined ? undefined : `${second}:${ours.tag}`,
  };
  const saver = await startSaver(context, upstream, ours.tag);
  try {
    const carried = [
      ...ourBundles(context, place, ours.platforms, PEER_PLATFORMS.join(",")),
      ...(await peerBundles(context, place, upstream?.platforms ?? 0, saver?.command)),
    ];
    return await weigh(context, carried, BUDGET.bundles);
  } finally {
    await saver?.stop();
  }
}

/** Everybody at distribution, and ours at ours, which takes a blob in one request. */
async function countAll(
  context: Context,
  { ours, upstream }: Images,
  ways: Seeders,
  distribution: BenchRegistry,
): Promise<readonly ToolRequests[]> {
  const envFor = (host: string) =>
    toolEnvironment(context, { image: ours, targets: [{ host, secure: false }] });
  const emptied = (empty: () => Promise<void>) => async () => {
    await empty();
    await ways.forget();
  };
  const first = {
    ...distribution,
    name: REGISTRY.distribution,
    empty: emptied(distribution.empty),
  };
  const found = [...(await countRequests(context, ways.ours, first, ours, envFor))];
  if (upstream !== undefined) {
    const image = { ...ours, digest: upstream.digest };
    found.push(...(await countRequests(context, ways.peers, first, image, envFor)));
  }
  const mirrors = await startMirrors(context, 1);
  try {
    const [target] = mirrors.targets;
    if (target === undefined) return found;
    const second = { ...target, name: REGISTRY.hiatus, empty: emptied(mirrors.forget) };
    return [...found, ...(await countRequests(context, ways.ours, second, ours, envFor))];
  } finally {
    await mirrors.stop();
  }
}

async function seedCases(
  context: Context,
  { ours: image }: Images,
  ways: Seeders,
  registries: readonly BenchRegistry[],
): Promise<readonly Case[]> {
  const env = await toolEnvironment(context, { image, targets: registries });
  const cases: Case[] = [];
  for (const [title, chosen, seconds] of [
    ["One registry", registries.slice(0, 1), BUDGET.one],
    ["Ten registries", registries, BUDGET.ten],
  ] as const) {
    const empty = async () => {
      await Promise.all(chosen.map((one) => one.empty()));
      await ways.forget();
    };
    cases.push(
      await measure(context, waysOf([...ways.ours, ...ways.peers], chosen), empty, {
        ...{ title, env, warmUp: chosen.length === 1 },
        seconds: context.quick ? 0 : seconds,
      }),
    );
  }
  return cases;
}
