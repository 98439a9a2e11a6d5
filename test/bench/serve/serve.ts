/**
 * The serve bench: pulls from the embedded registry against other registries, each alone on one processor.
 *
 * @module
 */
import { join } from "node:path";
import { MANIFEST_TYPES, sendRaw } from "../../interop/raw.ts";
import { sha256 } from "../../interop/sha256.ts";
import { run } from "../../runtime/command.ts";
import type { Context } from "../context.ts";
import { machine, versions } from "../machine.ts";
import { buildImage, type Image } from "../net/image.ts";
import { peerVersions } from "../net/peer-versions.ts";
import { LOAD_PACKAGES, type Load, type Loaded, load, writeScript } from "./load.ts";
import { reportServe } from "./report.ts";
import { findServers, type Server, type ServerKind } from "./servers.ts";

/** Connections that are kept. */
export const CONNECTIONS = [8, 32] as const;
/** The server has one processor, what asks has another. */
const SERVER_ON = ["taskset", "-c", "0"];
const LOAD_ON = ["taskset", "-c", "1"];
/** Of each load in each round. */
const SECONDS = 1;
/** For all rounds. */
const BUDGET_SECONDS = 210;

/** What was found of one server under one load. */
export interface Found {
  readonly load: string;
  readonly connections: number;
  readonly runs: readonly Loaded[];
}

/** A server and what was found of it. */
export interface ServerFindings {
  readonly name: string;
  readonly ours: boolean;
  readonly found: readonly Found[];
}

/** Measures, then writes `docs/benchmarks.md` and its plot. */
export async function benchServe(context: Context): Promise<void> {
  const missing = await context.need(LOAD_PACKAGES);
  if (missing !== undefined) throw new Error(`Nothing to ask with: ${missing}`);
  const where = await machine();
  const image = await buildImage(context);
  const { kinds, runtimes } = await findServers(context, image);
  const running: { kind: ServerKind; server: Server }[] = [];
  try {
    for (const kind of kinds) {
      try {
        const server = await kind.start(SERVER_ON);
        running.push({ kind, server });
        if (!kind.filled) await fill(context, server, image);
        await check(server, image);
      } catch (error) {
        context.say(`${kind.name} is left out: ${(error as Error).message}`);
        const last = running.at(-1);
        if (last?.kind === kind) await running.pop()?.server.stop();
      }
    }
    const servers = await measure(context, running, loadsOf(image));
    const zot = kinds.some(({ name }) => name === "zot 1.4") ? (["zot"] as const) : [];
    await reportServe(context, {
      machine: where,
      versions: [
        ...runtimes,
        await versions([
          { name: "distribution", command: ["docker-registry", "--version"] },
          ...(await peerVersions(context, ["distribution", ...zot])),
          { name: "wrk", command: ["dpkg-query", "-W", "wrk"] },
        ]),
      ].join(", "),
      seconds: SECONDS,
      servers,
    });
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
}

/** A whole pull asks for the index by tag, for one platform's manifest, for its config and for its layer. */
function loadsOf({ tag, digest, one }: Image): readonly Load[] {
  const path = (kind: string, reference: string) => `/v2/bench/pause/${kind}/${reference}`;
  const index = path("manifests", tag);
  const blobs = [one.config, one.layer].map((blob) => path("blobs", blob));
  return [
    { name: "index by tag", paths: [index] },
    { name: "index by digest", paths: [path("manifests", digest)] },
    { name: "layer", paths: blobs.slice(1) },
    { name: "whole pulls", paths: [index, path("manifests", one.manifest), ...blobs] },
  ];
}

async function fill({ root, scratch }: Context, { host }: Server, image: Image): Promise<void> {
  const main = join(root, "lib", "cli", "main.js");
  const from = `oci:${image.layout}:${image.tag}`;
  const to = `${host}/bench/pause:${image.tag}`;
  await run([process.execPath, main, "push", "--quiet", from, to], { env: { HOME: scratch } });
}

/** Does it answer with the very bytes? */
async function check({ host }: Server, image: Image): Promise<void> {
  for (const { paths } of loadsOf(image)) {
    for (const path of paths) {
      const url = new URL(path, `http://${host}/`);
      const headers = { accept: MANIFEST_TYPES };
      const { status, body } = await sendRaw(url, undefined, { headers });
      const digest = path.includes("sha256:") ? path.slice(path.indexOf("sha256:")) : image.digest;
      if (status !== 200 || sha256(body) !== digest) throw new Error(`GET ${path}: ${status}`);
    }
  }
}

async function measure(
  context: Context,
  running: readonly { readonly kind: ServerKind; readonly server: Server }[],
  loads: readonly Load[],
): Promise<readonly ServerFindings[]> {
  const script = await writeScript(context.scratch);
  const cells = running.map(({ kind: { name, ours }, server }) => ({
    server,
    name,
    ours,
    found: CONNECTIONS.flatMap((connections) =>
      loads.map((one) => ({ one, load: one.name, connections, runs: [] as Loaded[] })),
    ),
  }));
  const end = performance.now() + BUDGET_SECONDS * 1000;
  let last = 0;
  for (let round = 0; round <= context.rounds; round++) {
    const begin = performance.now();
    // A round that would not end in time is not begun.
    if (round > 1 && begin + last > end) break;
    context.say(round === 0 ? "warming up" : `round ${round}`);
    // Turn by turn of each load, so that a busy second of the machine does not hurt one server in all of them.
    for (const [index] of CONNECTIONS.flatMap(() => loads).entries()) {
      for (const { server, found } of cells) {
        const cell = found[index];
        // A just-in-time compiler wants to have seen everything once, and whole pulls are everything.
        if (cell === undefined || (round === 0 && cell.load !== "whole pulls")) continue;
        const { one, connections, runs } = cell;
        const how = { script, connections, seconds: SECONDS, before: LOAD_ON };
        const loaded = await load(server, one, how);
        if (round > 0) runs.push(loaded);
      }
    }
    last = performance.now() - begin;
  }
  return cells;
}
