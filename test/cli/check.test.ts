import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { copyGraph } from "../../src/graph/copy.ts";
import { refuse } from "../../src/serve/refusal.ts";
import { openLayout } from "../../src/store/layout.ts";
import { referrer, sample } from "../contract/sample.ts";
import { scratch } from "../folder.ts";
import { REPOSITORY } from "../release/real/mirror-at.ts";
import { type RealMirror, type RealMirrorOptions, seed } from "../release/real/real-mirror.ts";
import { jsonLines } from "./command.ts";
import {
  changesAt,
  type ReleaseWorld,
  releaseWorld,
  TAGS,
  useBuild,
  VERSION,
} from "./release-world.ts";

useBuild();

const FROM = ["--from", "oci:dist/pause/oci"];
const other = sample("other");

interface Released extends ReleaseWorld {
  readonly a: RealMirror;
  readonly b: RealMirror;
  /** What lies at mirror a: digests of `linux/amd64 manifest` and so on, in the words of check. */
  readonly parts: ReadonlyMap<string, string>;
  /** The file of a digest at mirror a. */
  blobAt(digest: string): string;
  /** Runs a command that looks or mends, and gives its code and its findings for each mirror. */
  check(...args: readonly string[]): Promise<{
    readonly code: number | null;
    readonly findings: Readonly<Record<string, readonly string[]>>;
    readonly stderr: string;
  }>;
}

/** Two mirrors with the image, the first of them on the disk. */
async function released(wrap?: RealMirrorOptions["wrap"]): Promise<Released> {
  const world = releaseWorld();
  const folder = scratch();
  const [a, b] = (await world.mirrors(["a", "b"], (name) =>
    name === "a" ? { folder, wrap } : {},
  )) as [RealMirror, RealMirror];
  // As a release leaves them.
  const built = await openLayout(join(world.cwd, "dist", "pause", "oci"));
  const root = await built.resolve(VERSION);
  for (const { repositories } of [a, b]) {
    const tags = TAGS.map((tag) => ({ descriptor: root, tag }));
    await copyGraph(built, await repositories.create(REPOSITORY), [root], { tags });
  }
  const layout = join(folder, "repositories", REPOSITORY.replace("/", "+"));
  const blobAt = (digest: string) => join(layout, "blobs", ...digest.split(":"));
  const read = (digest: string) => JSON.parse(readFileSync(blobAt(digest), "utf8"));
  const parts = new Map([["index", world.digest as string]]);
  for (const { digest, platform } of read(world.digest).manifests) {
    const name = `linux/${platform.architecture}`;
    const { config, layers } = read(digest);
    parts.set(`${name} manifest`, digest);
    parts.set(`${name} config`, config.digest);
    parts.set(`${name} layer`, layers[0].digest);
  }
  return {
    ...world,
    ...{ a, b, parts, blobAt },
    async check(...args) {
      const ended = await world.run("check", "--json", ...args);
      const checks = jsonLines(ended.stdout).filter(({ type }) => type === "check");
      const findings = checks.map(({ mirror, findings }) => [
        mirror,
        (findings as readonly { readonly what: string }[]).map(({ what }) => what),
      ]);
      return { ...ended, findings: Object.fromEntries(findings) };
    },
  };
}

/** A registry that hands out other bytes for one digest, until it is given them anew. */
function damaging(damage: { digest: string }): RealMirrorOptions["wrap"] {
  return (handler) => async (incoming) => {
    const { method, target } = incoming;
    const outgoing = await handler(incoming);
    if (damage.digest === "" || !decodeURIComponent(target).includes(damage.digest))
      return outgoing;
    if (method === "POST" || method === "PUT") damage.digest = "";
    if (method !== "GET" || !(outgoing.body instanceof Uint8Array)) return outgoing;
    const body = Buffer.from(outgoing.body);
    body[30] = (body[30] ?? 0) ^ 1;
    return { ...outgoing, body };
  };
}

/** Attaches something to the image at both mirrors, and gives its digest. */
async function attach({ a, b, digest, blobAt }: Released): Promise<string> {
  const bytes = readFileSync(blobAt(digest));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const subject = { bytes, descriptor: { mediaType, digest: digest as never, size: bytes.length } };
  const { blobs, manifest } = referrer(subject, "signed");
  for (const mirror of [a, b]) await seed(mirror, [...blobs, manifest], manifest);
  return manifest.descriptor.digest;
}

const removing = async ({ blobAt, parts }: Released, part: string) =>
  rmSync(blobAt(parts.get(part) ?? ""));

/** Ways in which a mirror drifts, and how check names them. */
const DRIFTS: readonly (readonly [
  string,
  (world: Released) => Promise<unknown>,
  readonly RegExp[],
])[] = [
  ["a tag that was moved", async ({ a }) => seed(a, other.all, other.index, "3.9"), [/^tag 3\.9$/]],
  [
    "a tag that was deleted",
    async ({ a }) => (await a.repositories.open(REPOSITORY))?.untag("3.10"),
    [/^tag 3\.10$/],
  ],
  [
    "a layer that is gone",
    (world) => removing(world, "linux/amd64 layer"),
    [/^linux\/amd64 layer$/],
  ],
  [
    "a config that is gone",
    (world) => removing(world, "linux/arm64 config"),
    [/^linux\/arm64\/v8 config$/],
  ],
  [
    "a manifest that is gone",
    (world) => removing(world, "linux/arm64 manifest"),
    [/^linux\/arm64\/v8 manifest$/],
  ],
  [
    "an index that is gone",
    (world) => removing(world, "index"),
    [/^tag /, /^tag /, /^tag /, /^index$/],
  ],
  [
    "an attachment that is gone",
    async (world) => rmSync(world.blobAt(await attach(world))),
    [/^attachment of sha256:/],
  ],
];

describe("hiatus check", () => {
  test("exits with 0 where everything is as the lock says, and writes nothing", async () => {
    const { check, a, b } = await released();
    const writes = [a, b].map((one) => one.writes().length);
    for (const args of [[], ["--deep"], FROM, ["--deep", ...FROM]]) {
      expect(await check(...args)).toMatchObject({ code: 0, findings: { a: [], b: [] } });
    }
    expect([a, b].map((one) => one.writes().length)).toEqual(writes);
  });

  test.each(DRIFTS)("names %s, and exits with 3", async (what, drift, findings) => {
    const world = await released();
    await drift(world);
    const { code, stderr, findings: found } = await world.check();
    expect(code).toBe(3);
    expect(found.b).toEqual([]);
    expect(found.a?.length).toBe(findings.length);
    for (const [at, finding] of findings.entries()) expect(found.a?.[at]).toMatch(finding);
    expect(stderr).toBe("");
    const text = await world.run("check");
    expect(text.code).toBe(3);
    expect(text.stdout).toMatch(/a .*drifted/);
    expect(text.stderr).toMatch(/1 of 2 mirrors drifted: a\n.*hiatus repair/s);
    // The build says the same as the lock, but it has no attachments.
    expect((await world.check(...FROM)).code).toBe(what.includes("attachment") ? 0 : 3);
  });

  test("finds other bytes only where it is told to read them, and repair brings them back", async () => {
    const damage = { digest: "" };
    const world = await released(damaging(damage));
    damage.digest = world.parts.get("linux/amd64 layer") ?? "";
    expect((await world.check()).code).toBe(0);
    const found = await world.check("--deep");
    expect(found).toMatchObject({ code: 3, findings: { a: ["linux/amd64 layer"], b: [] } });
    expect((await world.run("check", "--deep")).stdout).toContain("is damaged: ");
    expect((await world.run("repair")).code).toBe(0);
    expect((await world.check("--deep")).code).toBe(0);
  });

  test("exits with 1 where a mirror cannot be compared, and with 3 where another one drifted", async () => {
    const world = await released();
    await world.b.proxy.stop();
    const { code, stdout, stderr } = await world.run("check");
    expect(code).toBe(1);
    expect(stdout).toMatch(/a .*same/);
    expect(stdout).toContain("Check the host and the port");
    expect(stderr).toContain("1 of 2 mirrors could not be compared: b");
    await removing(world, "linux/amd64 layer");
    expect((await world.run("check")).code).toBe(3);
  });

  test("wants a lock of the version, or an image", async () => {
    const { cwd, run } = await released();
    expect(await run("check", "--version", "3.9")).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining("--from") },
    });
    rmSync(join(cwd, "images", "pause", "digests.json"));
    expect((await run("check")).code).toBe(2);
    expect((await run("check", ...FROM)).code).toBe(0);
  });
});

describe("hiatus repair", () => {
  test("does nothing where nothing drifted", async () => {
    const { run, a, b } = await released();
    const writes = [a, b].map((one) => one.writes().length);
    expect((await run("repair")).code).toBe(0);
    expect([a, b].map((one) => one.writes().length)).toEqual(writes);
  });

  const SOURCES: readonly (readonly [string, (world: Released) => readonly string[]])[] = [
    ["the build beside it", () => []],
    [
      "an archive",
      ({ cwd }) => {
        const archive = readdirSync(join(cwd, "dist", "pause")).find((name) => /\.tar$/.test(name));
        rmSync(join(cwd, "dist", "pause", "oci"), { recursive: true });
        return ["--from", `oci-archive:dist/pause/${archive}`];
      },
    ],
    [
      "a mirror that is whole",
      ({ cwd }) => {
        rmSync(join(cwd, "dist"), { recursive: true });
        return [];
      },
    ],
  ];

  /** Every drift mended from the build; some of them, which need all that a source may have, from the others. */
  const CASES = SOURCES.flatMap(([source, prepare], at) =>
    DRIFTS.filter(([what]) => at === 0 || /layer|index|attachment/.test(what)).map(
      ([what, drift]) => ({ what, source, drift, prepare }),
    ),
  );

  test.each(CASES)("brings back $what from $source", async ({ what, drift, prepare }) => {
    const world = await released();
    const { a, b, check, run, digest } = world;
    await drift(world);
    const from = prepare(world);
    const writes = b.writes().length;
    const { code, stdout, stderr } = await run("repair", "--yes", ...from);
    if (what.includes("attachment") && from.length > 0) {
      // It is in no build and in no archive: only who looks at the mirrors finds it.
      expect((await check()).code).toBe(3);
      return;
    }
    expect({ code, stderr }, stdout).toMatchObject({ code: 0 });
    expect((await check("--deep")).code).toBe(0);
    expect(await Promise.all(TAGS.map((tag) => a.named(tag)))).toEqual(TAGS.map(() => digest));
    expect(await a.isWhole(digest)).toBe(true);
    expect(b.writes().length).toBe(writes);
  });

  test("with --dry-run shows what it would do, and the second time it does nothing", async () => {
    const world = await released();
    await removing(world, "linux/amd64 layer");
    const before = changesAt(world.a).length;
    const planned = await world.run("repair", "--dry-run");
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining("a  ") });
    expect(changesAt(world.a).length).toBe(before);
    expect((await world.check()).code).toBe(3);
    expect((await world.run("repair")).code).toBe(0);
    const after = changesAt(world.a).length;
    expect((await world.run("repair")).code).toBe(0);
    expect(changesAt(world.a).length).toBe(after);
  });

  test("does not move a tag back that somebody moved, unless it is told to", async () => {
    const world = await released();
    await seed(world.a, other.all, other.index, "3.9");
    const { code, stderr } = await world.run("repair");
    expect(code).toBe(2);
    expect(stderr).toContain("--yes");
    expect(await world.a.named("3.9")).toBe(other.index.descriptor.digest);
  });

  test("says so when nobody has the image any more, and what to do", async () => {
    const world = await released();
    await removing(world, "linux/amd64 layer");
    await removing(world, "linux/arm64 manifest");
    rmSync(join(world.cwd, "dist"), { recursive: true });
    const repository = await world.b.repositories.open(REPOSITORY);
    for (const part of ["linux/amd64 layer", "linux/arm64 manifest"]) {
      const digest = world.parts.get(part) as never;
      const size = await repository?.sizeOf(digest);
      await repository?.delete({ mediaType: "application/x", digest, size: size ?? 0 });
    }
    const { code, stdout, stderr } = await world.run("repair", "--yes");
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/linux\/amd64 layer/);
    expect(stdout + stderr).toMatch(/hiatus build|--from/);
  });

  test("mends what it can when a mirror cannot be reached, and exits with 1", async () => {
    const world = await released();
    await removing(world, "linux/amd64 layer");
    await world.b.proxy.stop();
    const { code, stderr } = await world.run("repair");
    expect(code).toBe(1);
    expect(stderr).toMatch(/could not be compared or brought back: b/);
    expect(await world.a.isWhole(world.digest)).toBe(true);
  });

  test("is gone on with after it was stopped, though other mirrors have drifted since", async () => {
    const world = releaseWorld();
    let refusing = false;
    const started = await world.mirrors(["a", "b"], (name) => ({
      wrap: (handler) => async (incoming) =>
        refusing && name === "a" && incoming.method === "PUT"
          ? refuse("DENIED", "read-only for now")
          : handler(incoming),
    }));
    const [a, b] = started as [RealMirror, RealMirror];
    await world.run("release", ...FROM);
    for (const one of started) await (await one.repositories.open(REPOSITORY))?.untag("3.9");
    refusing = true;
    expect((await world.run("repair")).code).toBe(1);
    refusing = false;
    await (await b.repositories.open(REPOSITORY))?.untag("3.10");
    expect((await world.run("repair")).code).toBe(0);
    for (const one of [a, b]) {
      expect(await Promise.all(TAGS.map((tag) => one.named(tag)))).toEqual(
        TAGS.map(() => world.digest),
      );
    }
    expect(existsSync(join(world.cwd, "dist", "release"))).toBe(true);
  });
});
