import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMirrors } from "../../src/release/mirrors/read.ts";
import { startRegistry, type TestRegistry } from "../cli/registry.ts";
import { scratch } from "../folder.ts";
import { containerOf, DEPLOY, foldersOf, type Job, readJob, specOf } from "./manifest.ts";
import { makeImageFolder, podFolders, runPod, writeMounted } from "./pod.ts";

const stage = readJob("base/stage.yaml");
const release = readJob("base/release.yaml");
const check = readJob("check/check.yaml");

const NAMES = ["frankfurt", "virginia", "singapore", "sydney"] as const;
const ACCOUNT = { name: "releaser", password: "correct horse" };

let image: string;
let digest: string;
let version: string;
beforeAll(async () => {
  image = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  chmodSync(image, 0o755);
  await makeImageFolder(image);
  const lock = readLockOf(image);
  digest = lock.index.digest;
  version = lock.version;
}, 120_000);
afterAll(() => rmSync(image, { recursive: true, force: true }));

/** A registry for each mirror that only the one account may use. */
async function startMirrors(): Promise<readonly TestRegistry[]> {
  const authenticate = async (name: string, password: string) =>
    name === ACCOUNT.name && password === ACCOUNT.password;
  return await Promise.all(NAMES.map(() => startRegistry({ authenticate })));
}

function mountedFor(registries: readonly TestRegistry[]) {
  const lines = registries.map(
    ({ host }, at) => `  - { name: ${NAMES[at]}, repository: "${host}/kubernetes/{image}" }`,
  );
  const plain = `${ACCOUNT.name}:${ACCOUNT.password}`;
  return {
    file: ["version: 1", "mirrors:", ...lines, ""].join("\n"),
    auths: Object.fromEntries(registries.map(({ host }) => [host, plain])),
  };
}

/** The lock that the image was built by. */
function readLockOf(folder: string) {
  const text = readFileSync(join(folder, "images", "pause", "digests.json"), "utf8");
  return JSON.parse(text) as {
    readonly version: string;
    readonly index: { readonly digest: string };
  };
}

/** Records of a journal. */
function journal(folder: string, name: string): readonly Record<string, unknown>[] {
  return readFileSync(join(folder, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the Jobs of deploy/, as processes", () => {
  test("three shards stage, and the release beside them verifies and moves the tags", async () => {
    const registries = await startMirrors();
    const folder = scratch();
    const at = (name: string) => podFolders(folder, image, name);
    writeMounted(at("release"), mountedFor(registries));

    const [released, ...shards] = await Promise.all([
      runPod(release, at("release")),
      ...[0, 1, 2].map((index) =>
        runPod(stage, at(`shard-${index}`), { SHARDS: "3", JOB_COMPLETION_INDEX: String(index) }),
      ),
    ]);
    expect(released).toMatchObject({ code: 0, signal: null });
    for (const shard of shards) expect(shard).toMatchObject({ code: 0, signal: null });

    const staged = [0, 1, 2].map((index) =>
      journal(at(`shard-${index}`).state, `pause-${version}.shard-${index}-of-3.ndjson`)
        .filter(({ type }) => type === "verified")
        .map(({ mirror }) => mirror),
    );
    expect(staged.map((names) => names.toSorted())).toEqual([
      ["frankfurt", "sydney"],
      ["virginia"],
      ["singapore"],
    ]);

    const report = JSON.parse(
      readFileSync(join(at("release").state, "report", "report.json"), "utf8"),
    ) as { readonly result: string; readonly variants: readonly unknown[] };
    expect(report).toMatchObject({ result: "released", variants: [{ index: { digest } }] });
    expect(journal(at("release").state, `pause-${version}.ndjson`).at(-1)).toMatchObject({
      type: "end",
      result: "released",
    });

    const same = await runPod(check, at("check"));
    expect(same).toMatchObject({ code: 0, stderr: "" });

    // Behind our back.
    const authorization = `Basic ${Buffer.from(`${ACCOUNT.name}:${ACCOUNT.password}`).toString("base64")}`;
    const tag = `http://${registries[2]?.host}/v2/kubernetes/pause/manifests/${version}`;
    const deleted = await fetch(tag, { method: "DELETE", headers: { authorization } });
    expect(deleted.status).toBe(202);
    const drifted = await runPod(check, at("check"));
    expect(drifted).toMatchObject({ code: 3, stderr: expect.stringContaining("singapore") });

    const again = await runPod(release, at("release"));
    expect(again).toMatchObject({ code: 0 });
    expect((await runPod(check, at("check"))).code).toBe(0);
  }, 120_000);

  test("a tag that names something else ends the release with the code that fails its Job", async () => {
    const registries = await startMirrors();
    const folder = scratch();
    const folders = podFolders(folder, image, "release");
    writeMounted(folders, mountedFor(registries));
    const other = new TextEncoder().encode(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [],
      }),
    );
    const authorization = `Basic ${Buffer.from(`${ACCOUNT.name}:${ACCOUNT.password}`).toString("base64")}`;
    const put = await fetch(
      `http://${registries[0]?.host}/v2/kubernetes/pause/manifests/${version}`,
      {
        method: "PUT",
        body: other,
        headers: { authorization, "content-type": "application/vnd.oci.image.index.v1+json" },
      },
    );
    expect(put.status).toBe(201);
    // Nothing is waited for: what is missing at a registry is staged by whoever comes first.
    const waiting = containerOf(release).args.filter((arg) => !arg.startsWith("--wait-for-shards"));
    const eager = withArguments(release, waiting);
    const refused = await runPod(eager, folders);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
    expect(failing(release)).toContain(2);
    const agreed = await runPod(withArguments(release, [...waiting, "--yes"]), folders);
    expect(agreed).toMatchObject({ code: 0 });
    expect((await runPod(check, podFolders(folder, image, "check"))).code).toBe(0);
  }, 120_000);

  test("the codes that fail a Job at once are wrong configuration and, for the check, drift", () => {
    expect(failing(stage)).toEqual([2]);
    expect(failing(release)).toEqual([2]);
    expect(failing(check)).toEqual([2, 3]);
  });
});

describe("the mirrors files of deploy/", () => {
  test.each(["mirrors", ...foldersOf("overlays")])("%s/mirrors.yaml is valid", async (folder) => {
    const { mirrors } = await readMirrors(join(DEPLOY, folder, "mirrors.yaml"), {});
    expect(mirrors.length).toBeGreaterThan(0);
  });
});

describe("deploy/Containerfile", () => {
  test("copies all that the command needs, and it has no packages beside it", async () => {
    expect(readdirSync(image).sort()).toEqual([
      "LICENSE",
      "dist",
      "images",
      "lib",
      "native",
      "package.json",
    ]);
  });
});

function failing(job: Job): readonly number[] {
  const rules = specOf(job).podFailurePolicy?.rules ?? [];
  return rules.flatMap(({ action, onExitCodes }) =>
    action === "FailJob" ? (onExitCodes?.values ?? []) : [],
  );
}

/** The same Job with other arguments. */
function withArguments(job: Job, args: readonly string[]): Job {
  const container = { ...containerOf(job), args };
  const template = { spec: { containers: [container] } };
  return { ...job, spec: { ...job.spec, template } };
}
