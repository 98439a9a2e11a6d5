/**
 * The server, killed at random moments while clients push and delete. `HIATUS_KILLS=500` kills it that often, and
 * `HIATUS_SEED` chooses other moments.
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { bundle } from "../bundle.ts";
import { scratch } from "../folder.ts";
import { type Ask, bytesIn, pushBlob } from "./ask.ts";
import { startServer } from "./child.ts";
import {
  type Client,
  COMMON,
  COMMON_BLOBS,
  createClient,
  createTally,
  seeded,
} from "./crash-load.ts";
import { ABSENT, createModel, type Model } from "./crash-model.ts";

const KILLS = Number(process.env.HIATUS_KILLS ?? 30);
const SEED = Number(process.env.HIATUS_SEED ?? 310);
const CLIENTS = 6;
/** Most requests that are answered, and most milliseconds after them, until the next kill. */
const ANSWERS = 60;
const MOMENT_MS = 6;

test(
  `openFolder survives ${KILLS} kills under load: nothing wrong, nothing dangling, nothing lost, nothing left behind`,
  async () => {
    const folder = scratch();
    const dir = join(folder, "registry");
    const child = await bundle("test/serve/serve-child.ts", folder);
    const random = seeded(SEED);
    const model = createModel();
    const tally = createTally();
    let served = await startServer(process.execPath, child, dir);
    const ask: Ask = (method, path, { headers, body } = {}) =>
      fetch(new URL(path, served.url), { method, headers: { ...headers }, body } as RequestInit);
    for (const one of COMMON_BLOBS) await pushBlob(ask, COMMON, one);
    const clients = Array.from({ length: CLIENTS }, (_, i) =>
      createClient(i, () => ask, model, tally),
    );

    let half = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = tally.more(Math.floor(random() * ANSWERS));
      const running = clients.map((client) => client.run());
      await Promise.race([enough, Promise.all(running)]);
      await sleep(random() * MOMENT_MS);
      expect(await served.end("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
      await Promise.all(running);
      expect(served.said()).toBe("");
      half += leftBehind(dir).length;
      // Every other server waits for the disk.
      const options = JSON.stringify({ fsync: kill % 2 === 0 });
      served = await startServer(process.execPath, child, dir, options);
      expect(leftBehind(dir)).toEqual([]);
      expect(wrongBlobs(dir)).toEqual([]);
      for (const client of clients) await check(client, ask, model);
      for (const client of clients) await client.resume();
    }
    expect(await served.end("SIGTERM")).toEqual({ code: 0, signal: null });
    console.log(
      `${KILLS} kills: ${tally.answered} requests answered, ${tally.resumed} uploads gone on with, ${half} files cut short and cleaned up`,
    );
    expect(tally.answered).toBeGreaterThan((KILLS * ANSWERS) / 4);
  },
  120_000 + KILLS * 5_000,
);

/** Everything that the client knows of, and everything that its repository says it has. */
async function check({ repository, pieces }: Client, ask: Ask, model: Model): Promise<void> {
  for (const [key] of model.entries()) {
    const [name, kind, reference = ""] = key.split(" ");
    if (name !== repository) continue;
    const path = kind === "blob" ? "blobs" : "manifests";
    const answer = await ask("GET", `/v2/${repository}/${path}/${reference}`);
    const bytes = await bytesIn(answer);
    if (answer.status === 404) model.found(key, ABSENT);
    else {
      expect([key, answer.status]).toEqual([key, 200]);
      const digest = digestOf(bytes);
      expect(pieces.get(digest)?.bytes.byteLength).toBe(bytes.byteLength);
      model.found(key, digest);
    }
  }
  const list = await ask("GET", `/v2/${repository}/tags/list`);
  const { tags = [] } = (await list.json()) as { tags?: string[] };
  for (const tag of tags) {
    const manifest = await ask("GET", `/v2/${repository}/manifests/${tag}`);
    expect([tag, manifest.status]).toEqual([tag, 200]);
    const { config, layers } = JSON.parse((await bytesIn(manifest)).toString()) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    for (const { digest } of [config, ...layers]) {
      const part = await ask("GET", `/v2/${repository}/blobs/${digest}`);
      expect([tag, digest, digestOf(await bytesIn(part))]).toEqual([tag, digest, digest]);
    }
  }
}

/** Files in the folder that are not what they are called. */
function wrongBlobs(dir: string): readonly string[] {
  return filesIn(join(dir, "repositories")).filter((path) => {
    const match = /\/blobs\/(sha\d+)\/([0-9a-f]+)$/.exec(path);
    return match !== null && digestOf(readFileSync(path)) !== `${match[1]}:${match[2]}`;
  });
}

/** Files that only a server at work has, besides its uploads. */
function leftBehind(dir: string): readonly string[] {
  const allowed =
    /^(?:hiatus\.lock|uploads\/[^/]+\/[0-9a-f-]{36}|repositories\/[a-z0-9+]+\/(?:oci-layout|index\.json|blobs\/sha(?:256|512)\/[0-9a-f]+))$/;
  return filesIn(dir)
    .map((path) => path.slice(dir.length + 1))
    .filter((path) => !allowed.test(path));
}

function filesIn(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .map((name) => join(dir, name))
    .filter((path) => lstatSync(path).isFile());
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
