/**
 * The push bench: one image to one registry and to ten, near and far, against the tools that people push with.
 *
 * @module
 */
import { freePort } from "../../interop/free-port.ts";
import type { Context } from "../context.ts";
import { machine, versions } from "../machine.ts";
import { type Authority, makeAuthority } from "../net/authority.ts";
import { type BenchRegistry, startDistribution } from "../net/distribution.ts";
import { buildImage, type Image } from "../net/image.ts";
import { addressAt, LINK_PACKAGES, layLink, whyNoLink } from "../net/link.ts";
import { peerVersions } from "../net/peer-versions.ts";
import type { Target } from "../net/target.ts";
import { startMirrors } from "../release/host.ts";
import { type Case, measure, waysOf } from "./measure.ts";
import { REGISTRY, reportPush } from "./report.ts";
import { countRequests, type ToolRequests } from "./requests.ts";
import { ourTools, peerTools, type Tool, toolEnvironment } from "./tools.ts";

const TEN = 10;
/** Round trips, in milliseconds. */
const DISTANCES = [20, 80];
/** Seconds for the rounds of a case, near and far, so that all of it stays within four minutes. */
const BUDGET = { one: [20, 20], ten: [35, 18] } as const;

/** Measures, then writes `docs/benchmarks.md` and its plot. */
export async function benchPush(context: Context): Promise<void> {
  const where = await machine();
  const registry = await context.peer("distribution");
  if ("missing" in registry) throw new Error(`Nothing to push to: ${registry.missing}`);
  const image = await buildImage(context);
  const { program } = registry;
  const near = await nearCases(context, image, program);
  const far = await farCases(context, image, program);
  await reportPush(context, {
    machine: where,
    versions: await versions([
      { name: "skopeo", command: ["skopeo", "--version"] },
      ...(await peerVersions(context, ["crane", "regctl", "oras", "distribution"])),
    ]),
    image,
    requests: near.requests,
    cases: [...near.cases, ...far.cases],
    missing: far.missing,
  });
}

const budget = (context: Context, seconds: number) => ({ seconds: context.quick ? 0 : seconds });

async function nearCases(context: Context, image: Image, program: string) {
  const registries = await startTen(context, program, () => "127.0.0.1");
  try {
    const settings = (targets: readonly Target[]) => ({ image, targets });
    const tools = await ourTools(context, settings(registries));
    const peers = await peerTools(context, settings(registries));
    const [first] = registries;
    if (first === undefined) throw new Error("No registry was started");
    const requests = await countAll(context, image, tools.slice(0, 1), peers, first);
    const env = await toolEnvironment(context, settings(registries));
    const cases: Case[] = [];
    for (const [title, chosen, [seconds]] of [
      ["One registry", [first], BUDGET.one],
      ["Ten registries", registries, BUDGET.ten],
    ] as const) {
      const ways = waysOf([...tools, ...peers], chosen);
      // Pushing to one has warmed up everything.
      const bounds = { ...budget(context, seconds), warmUp: chosen.length === 1 };
      cases.push(await measure(context, ways, emptier(chosen), { title, env, ...bounds }));
    }
    return { requests, cases };
  } finally {
    await stopAll(registries);
  }
}

/** Everybody at distribution, and ours at ours, which takes blobs in one request. */
async function countAll(
  context: Context,
  image: Image,
  ours: readonly Tool[],
  peers: readonly Tool[],
  distribution: BenchRegistry,
): Promise<readonly ToolRequests[]> {
  const envFor = (host: string) =>
    toolEnvironment(context, { image, targets: [{ host, secure: false }] });
  const first = { ...distribution, name: REGISTRY.distribution };
  const found = await countRequests(context, [...ours, ...peers], first, image, envFor);
  const mirrors = await startMirrors(context, 1);
  try {
    const [target] = mirrors.targets;
    if (target === undefined) return found;
    const second = { ...target, name: REGISTRY.hiatus, empty: mirrors.forget };
    return [...found, ...(await countRequests(context, ours, second, image, envFor))];
  } finally {
    await mirrors.stop();
  }
}

async function farCases(context: Context, image: Image, program: string) {
  const missing = whyNoLink() ?? (await context.need(LINK_PACKAGES));
  if (missing !== undefined) {
    context.say(`Distances are left out: ${missing}`);
    return { cases: [], missing };
  }
  const distances = context.quick ? DISTANCES.slice(0, 1) : DISTANCES;
  const addresses = distances.map(addressAt);
  const authority = await makeAuthority(context.scratch, addresses);
  const link = await layLink(context, distances);
  const cases: Case[] = [];
  try {
    for (const distance of distances) {
      const host = () => addressAt(distance);
      const registries = await startTen(context, program, host, authority);
      try {
        const settings = { image, authority, targets: registries };
        const [node] = await ourTools(context, settings);
        const tools = [node, ...(await peerTools(context, settings))].flatMap((tool) => tool ?? []);
        const env = await toolEnvironment(context, settings);
        for (const [title, chosen, [, seconds]] of [
          [`One registry, ${distance} ms away`, registries.slice(0, 1), BUDGET.one],
          [`Ten registries, ${distance} ms away`, registries, BUDGET.ten],
        ] as const) {
          // One after another is known to be ten times as long as one. skopeo asks one thing after another: ten at once take
          // it as long as one, most of a minute.
          const quick = tools.filter(
            ({ name }) => chosen.length === 1 || !name.startsWith("skopeo"),
          );
          const ways = waysOf(quick, chosen, false);
          const bounds = { ...budget(context, seconds), warmUp: false, before: link.far };
          cases.push(await measure(context, ways, emptier(chosen), { title, env, ...bounds }));
        }
      } finally {
        await stopAll(registries);
      }
    }
  } finally {
    await link.stop();
  }
  return { cases, missing: undefined };
}

async function startTen(
  context: Context,
  program: string,
  address: () => string,
  authority?: Authority,
): Promise<readonly BenchRegistry[]> {
  const started = await Promise.allSettled(
    Array.from({ length: TEN }, async () => {
      const host = `${address()}:${await freePort()}`;
      return startDistribution(context.scratch, { program, host, authority });
    }),
  );
  const registries = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = started.find((one) => one.status === "rejected");
  if (failed === undefined) return registries;
  await stopAll(registries);
  throw failed.reason;
}

function emptier(registries: readonly BenchRegistry[]) {
  return () => Promise.all(registries.map((registry) => registry.empty()));
}

async function stopAll(registries: readonly BenchRegistry[]): Promise<void> {
  await Promise.all(registries.map((registry) => registry.stop()));
}
