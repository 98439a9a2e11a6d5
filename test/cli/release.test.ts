import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Handler } from "../../src/serve/exchange.ts";
import { refuse } from "../../src/serve/refusal.ts";
import { sample } from "../contract/sample.ts";
import { type RealMirror, seed } from "../release/real/real-mirror.ts";
import { ended, jsonLines } from "./command.ts";
import { changesAt, releaseWorld, TAGS, useBuild, VERSION } from "./release-world.ts";
import { snapshot } from "./snapshot.ts";

useBuild();

const FROM = ["--from", "oci:dist/pause/oci"];
const other = sample("other");
const OTHER = other.index.descriptor.digest;

const named = (mirror: RealMirror) => Promise.all(TAGS.map((tag) => mirror.named(tag)));
const absent = TAGS.map(() => undefined);

/** Refuses to move a tag for as long as it is told to. */
function guarded(tag: string) {
  const state = { refusing: true };
  const wrap =
    (handler: Handler): Handler =>
    async (incoming) => {
      const moves = incoming.method === "PUT" && incoming.target.endsWith(`/manifests/${tag}`);
      if (moves && state.refusing) return refuse("DENIED", "the tag is immutable");
      return handler(incoming);
    };
  return { state, wrap };
}

describe("hiatus release without a mirrors file", () => {
  test("builds, publishes to a registry of its own, pulls back, and writes nothing the second time", async () => {
    const { cwd, run, digest, journal } = releaseWorld();
    const first = await run("release");
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toContain(digest);
    expect(first.stdout).toMatch(/pulled +\d+ contents and tags back/);
    expect(readdirSync(join(cwd, "dist", "report")).sort()).toEqual([
      ...["index.html", "report.json", "summary.md"],
    ]);
    const registry = snapshot(join(cwd, "dist", "registry"));
    const written = journal();
    const second = await run("release");
    expect(second.code).toBe(0);
    expect(second.stdout).toContain("unchanged");
    expect(snapshot(join(cwd, "dist", "registry"))).toEqual(registry);
    expect(journal()).toBe(written);
  });

  test("goes on with what was stopped, though its registry is at another port now", async () => {
    const { cwd, run, journal } = releaseWorld();
    await run("release", ...FROM);
    const path = join(cwd, "dist", "release", `pause-${VERSION}.ndjson`);
    const lines = journal().trimEnd().split("\n");
    expect(lines.at(-1)).toContain('"end"');
    writeFileSync(path, `${lines.slice(0, -1).join("\n")}\n`);
    expect(await run("release", ...FROM, "--resume")).toMatchObject({ code: 0 });
    expect(journal().trimEnd().split("\n")).toHaveLength(lines.length);
  });

  test("is taken back, and published again", async () => {
    const { run } = releaseWorld();
    await run("release", ...FROM);
    const back = await run("release", "--rollback");
    expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining("rolled back") });
    const again = await run("release", ...FROM, "--json");
    const result = jsonLines(again.stdout).at(-1) as { result: string };
    expect(result).toMatchObject({ type: "result", result: "released" });
  });
});

describe("hiatus release", () => {
  test("publishes to every mirror, tells what it did, and the second time writes nothing", async () => {
    const { mirrors, run, digest, journal } = releaseWorld();
    const started = await mirrors(["a", "b"]);
    const { code, stdout } = await run("release", ...FROM);
    expect(code).toBe(0);
    for (const mirror of started) {
      expect(await named(mirror)).toEqual([digest, digest, digest]);
      expect(await mirror.isWhole(digest)).toBe(true);
      expect(stdout).toContain(mirror.host);
    }
    const [writes, written] = [started.map((one) => one.writes().length), journal()];
    const again = await run("release", ...FROM);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("unchanged") });
    expect(started.map((one) => one.writes().length)).toEqual(writes);
    expect(journal()).toBe(written);
  });

  test("tells machines the same", async () => {
    const { mirrors, run, digest } = releaseWorld();
    await mirrors(["a", "b"]);
    const { code, stdout } = await run("release", ...FROM, "--json");
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.filter(({ type }) => type === "plan")).toMatchObject([
      { mirror: "a", digest, present: false, tags: TAGS.map((tag) => ({ tag, action: "create" })) },
      { mirror: "b" },
    ]);
    expect(lines.at(-1)).toMatchObject({
      ...{ type: "result", result: "released" },
      mirrors: [{ mirror: "a", result: "released" }, { mirror: "b" }],
    });
  });

  test("with --dry-run shows the plan, and leaves nothing anywhere", async () => {
    const { cwd, mirrors, run } = releaseWorld();
    const started = await mirrors(["a", "b"]);
    await seed(started[0] as RealMirror, other.all, other.index, "3.9");
    const { code, stdout } = await run("release", ...FROM, "--dry-run");
    expect(code).toBe(0);
    for (const { host } of started) expect(stdout).toContain(host);
    expect(stdout).toMatch(/moves +3\.9/);
    expect(started.flatMap(changesAt)).toEqual([]);
    expect(readdirSync(join(cwd, "dist"))).toEqual(["pause"]);
  });

  test("does not move a tag that names something else, unless it is told to", async () => {
    const { mirrors, run, digest } = releaseWorld();
    const [a] = (await mirrors(["a"])) as [RealMirror];
    await seed(a, other.all, other.index, "3.10");
    const refused = await run("release", ...FROM);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(OTHER);
    expect(refused.stderr).toContain("--yes");
    expect(changesAt(a)).toEqual([]);
    expect((await run("release", ...FROM, "--yes")).code).toBe(0);
    expect(await named(a)).toEqual([digest, digest, digest]);
    // And back, to what it named.
    expect((await run("release", "--rollback")).code).toBe(0);
    expect(await named(a)).toEqual([undefined, OTHER, undefined]);
  });

  test("moves no tag while a required mirror fails, and goes on with --resume", async () => {
    const { mirrors, run, digest } = releaseWorld();
    const started = await mirrors(["a", "b"]);
    const [a, b] = started as [RealMirror, RealMirror];
    // After the preflight's questions: three tags, the root, and whether one may push.
    b.proxy.arm("wrong bytes", 8, true);
    const { code, stdout, stderr } = await run("release", ...FROM);
    expect(code).toBe(1);
    expect(stderr).toMatch(/1 of 2 mirrors failed \(b\); no tag was moved/);
    expect(stderr).toContain("--resume");
    expect(stdout).toContain("✗ b");
    expect(await named(a)).toEqual(absent);
    await b.proxy.heal();
    expect((await run("release", ...FROM, "--resume")).code).toBe(0);
    for (const one of started) expect(await named(one)).toEqual([digest, digest, digest]);
    const nothing = await run("release", ...FROM, "--resume");
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining("no unfinished") });
  });

  test("says that tags were moved when one fails after that, and takes them back", async () => {
    const { mirrors, run, digest } = releaseWorld();
    const { state, wrap } = guarded("3.9");
    const started = await mirrors(["a", "b"], (name) => (name === "b" ? { wrap } : {}));
    const [a, b] = started as [RealMirror, RealMirror];
    await seed(a, other.all, other.index, "3.10");
    const failed = await run("release", ...FROM, "--yes");
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/some tags were moved[\s\S]*--rollback/);
    expect((await named(b))[0]).toBe(digest);
    const back = await run("release", "--rollback");
    expect(back.code).toBe(0);
    expect(await named(a)).toEqual([undefined, OTHER, undefined]);
    expect(await named(b)).toEqual(absent);
    state.refusing = false;
    expect((await run("release", ...FROM, "--yes")).code).toBe(0);
  });

  test("does not begin another release over an unfinished one, until it is forgotten", async () => {
    const { mirrors, run } = releaseWorld();
    const { wrap } = guarded("3.9");
    await mirrors(["a"], () => ({ wrap }));
    expect((await run("release", ...FROM)).code).toBe(1);
    const [fresh] = (await mirrors(["fresh"])) as [RealMirror];
    const refused = await run("release", ...FROM);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/the mirrors are others[\s\S]*--forget/);
    // What it moved is at a mirror that the file does not have any more.
    expect(await run("release", "--rollback")).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('a mirror "a"') },
    });
    expect(changesAt(fresh)).toEqual([]);
    expect((await run("release", ...FROM, "--forget")).code).toBe(0);
  });

  test("has nothing to take back where nothing was released", async () => {
    const { mirrors, run } = releaseWorld();
    await mirrors(["a"]);
    const { code, stderr } = await run("release", "--rollback");
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("--state") });
  });

  test("names a mirror that is down and may be, and what to do", async () => {
    const { mirrors, run, digest } = releaseWorld();
    const started = await mirrors(["a", "b"], (name) =>
      name === "b" ? { entry: ["required: false"] } : {},
    );
    const [a, b] = started as [RealMirror, RealMirror];
    await b.proxy.stop();
    const { code, stdout } = await run("release", ...FROM);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✗ b: looking: No answer from .*\n +Check the host and the port/);
    expect(await named(a)).toEqual([digest, digest, digest]);
  });

  test("stages nothing while credentials are missing, and names their variable", async () => {
    const { mirrors, run } = releaseWorld();
    const asking =
      (handler: Handler): Handler =>
      async (incoming) =>
        incoming.header("authorization") === undefined
          ? refuse("UNAUTHORIZED", "Who are you?", {
              headers: { "www-authenticate": 'Basic realm="r"' },
            })
          : handler(incoming);
    const started = await mirrors(["a", "b"], (name) =>
      name === "a"
        ? {
            wrap: asking,
            entry: ["credentials: { usernameEnv: A_USER, passwordEnv: A_PASSWORD }"],
          }
        : {},
    );
    const { code, stdout } = await run("release", ...FROM);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ a: looking: .*A_USER, which is not set\n +Set A_USER/);
    expect(started.flatMap(changesAt)).toEqual([]);
  });

  test("releases to some mirrors or groups of the file, and to none that it does not know", async () => {
    const { mirrors, run } = releaseWorld();
    const started = await mirrors(["a", "b", "c"], () => ({}), "groups:\n  some: [a, c]");
    expect((await run("release", ...FROM, "--only", "some")).code).toBe(0);
    const there = await Promise.all(started.map((mirror) => mirror.named(VERSION)));
    expect(there.map((digest) => digest !== undefined)).toEqual([true, false, true]);
    const { code, stderr } = await run("release", ...FROM, "--only", "d");
    expect(code).toBe(2);
    expect(stderr).toMatch(/neither a mirror nor a group "d"[\s\S]*a, b, c, some/);
  });

  test.each([
    ["a password", "credentials: { password: hunter2 }", /:5:\d+: .*secret must not stand/],
    ["no tag", 'tags: ["a b"]', /:5:\d+: .*is not a tag/],
    ["an unknown key", "requird: true", /:5:\d+: .*required/],
  ])("refuses a mirrors file with %s before it builds anything", async (_, line, words) => {
    const { cwd, mirrors, run } = releaseWorld();
    const started = await mirrors(["a"], () => ({ entry: [line] }));
    const { code, stderr } = await run("release");
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
    expect(stderr).not.toContain("hunter2");
    expect(started.flatMap(({ requests }) => requests)).toEqual([]);
    expect(existsSync(join(cwd, "dist", "release"))).toBe(false);
  });

  test("refuses an image of another version, and one that is broken", async () => {
    const { cwd, mirrors, run } = releaseWorld();
    const started = await mirrors(["a"]);
    expect(await run("release", ...FROM, "--version", "3.9")).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining(VERSION) },
    });
    const blobs = join(cwd, "dist", "pause", "oci", "blobs", "sha256");
    for (const name of readdirSync(blobs)) {
      const bytes = readFileSync(join(blobs, name));
      // The layers are no JSON.
      if (bytes[0] === 0x7b) continue;
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      writeFileSync(join(blobs, name), bytes);
    }
    expect(await run("release", ...FROM)).toMatchObject({ code: 3 });
    expect(started.flatMap(({ requests }) => requests)).toEqual([]);
  });
});

describe("hiatus release --shard", () => {
  test("stages by parts in as many processes, and one more moves the tags", async () => {
    const { cwd, mirrors, run, digest } = releaseWorld();
    const started = await mirrors(["a", "b", "c", "d", "e"]);
    const shards = await Promise.all(
      [0, 1, 2].map((index) => run("release", ...FROM, "--shard", `${index}/3`)),
    );
    for (const { code, stdout } of shards) {
      expect(code).toBe(0);
      expect(stdout).toContain("staged");
    }
    for (const mirror of started) {
      expect(await named(mirror)).toEqual(absent);
      expect(await mirror.isWhole(digest)).toBe(true);
    }
    // No mirror was served twice.
    const staged = started.map((mirror) => mirror.writes().length);
    expect(new Set(staged).size).toBe(1);
    expect(readdirSync(join(cwd, "dist", "release")).sort()).toEqual(
      [0, 1, 2].map((index) => `pause-${VERSION}.shard-${index}-of-3.ndjson`),
    );
    expect((await run("release", ...FROM)).code).toBe(0);
    for (const [at, mirror] of started.entries()) {
      expect(await named(mirror)).toEqual([digest, digest, digest]);
      const since = mirror.writes().slice(staged[at]);
      // Whether one may push was asked again; then the tags, and no content.
      expect(since.filter((write) => !write.includes("/uploads/"))).toEqual(
        TAGS.map((tag) => `PUT /v2/team/pause/manifests/${tag}`),
      );
    }
  });

  test.each(["3/3", "0", "1/0", "-1/2", "a/b"])("does not take %s", async (shard) => {
    const { run } = releaseWorld();
    expect(await run("release", "--shard", shard)).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining("I/N") },
    });
  });
});

describe("hiatus release that is interrupted", () => {
  test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
    "by %s in the middle of its tags leaves each old or new, and is gone on with",
    async (signal) => {
      const { mirrors, run, start, digest } = releaseWorld();
      let child: ReturnType<typeof start> | undefined;
      const before = (method: string, target: string): void => {
        if (method === "PUT" && target.endsWith("/manifests/3.10")) child?.kill(signal);
      };
      const started = await mirrors(["a", "b"], (name) => (name === "a" ? { before } : {}));
      child = start("release", ...FROM);
      const stopped = await ended(child);
      child = undefined;
      expect(stopped.signal ?? stopped.code).not.toBe(0);
      for (const mirror of started) {
        for (const now of await named(mirror)) expect([undefined, digest]).toContain(now);
      }
      if (signal !== "SIGKILL") expect(stopped.stderr).toContain("the journal knows how to go on");
      expect((await run("release", ...FROM, "--resume")).code).toBe(0);
      for (const mirror of started) expect(await named(mirror)).toEqual([digest, digest, digest]);
    },
  );

  test("lets nobody else in while it runs", async () => {
    const { mirrors, run, start } = releaseWorld();
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await mirrors(["a"], () => ({
      before(method, target) {
        if (method !== "PUT" || !target.endsWith("/manifests/3.10")) return undefined;
        arrived();
        return held;
      },
    }));
    const first = start("release", ...FROM);
    const end = ended(first);
    await arrival;
    expect(await run("release", ...FROM)).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining(`Process ${first.pid} on`) },
    });
    go();
    expect((await end).code).toBe(0);
  });
});
