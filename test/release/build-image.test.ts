import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { BuildOptions } from "../../src/build/build.ts";
import { packageRoot } from "../../src/package-root.ts";
import { buildImage } from "../../src/release/build-image.ts";
import { openArchive } from "../../src/store/archive.ts";
import { openLayout } from "../../src/store/layout.ts";
import { verifyStructure } from "../../src/verify/structure.ts";
import { snapshot } from "../cli/snapshot.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";

const cacheDir = join(packageRoot(), ".cache", "test-compile");

let cwd: string;
beforeEach(() => {
  cwd = scratch();
});
const build = (options: BuildOptions = {}) =>
  buildImage("pause", { cwd, cacheDir, platforms: ["linux/amd64"], ...options });
const dist = () => join(cwd, "dist");

/** A build that a failing one must leave alone. */
async function builtBefore() {
  await build();
  const before = snapshot(dist());
  return () => {
    expect(snapshot(dist())).toEqual(before);
    expect(readdirSync(dist())).toEqual(["pause"]);
  };
}

describe("buildImage", () => {
  test("returns what it built, verified, with the tag and the folder", async () => {
    const { folder, tag, index, record, checks, lock } = await build({ version: "9.9" });
    expect({ folder, tag, checks, lock }).toEqual({
      folder: join(dist(), "pause"),
      tag: "9.9",
      checks: 10,
      lock: "differs",
    });
    expect(record.index.digest).toBe(index.digest);
    const layout = await openLayout(join(folder, "oci"));
    expect((await layout.resolve("9.9")).digest).toBe(index.digest);
  });

  test.each([
    { format: "oci", inline: "none" },
    { format: "oci", inline: "blobs" },
    { format: "oci", inline: "all" },
    { format: "docker" },
    { sourceDateEpoch: 1_700_000_000 },
  ] as const)("with %j leaves layout and archive that both pass every check", async (options) => {
    const { folder, index, record, tag } = await build({
      ...options,
      platforms: ["amd64", "arm/v7", "s390x"],
    });
    const layout = await openLayout(join(folder, "oci"));
    const archive = await openArchive(join(folder, record.archive.path));
    try {
      for (const source of [layout, archive]) {
        const root = await source.resolve(tag);
        expect(root.digest).toBe(index.digest);
        const results = await verifyStructure(source, root, {
          stamp: record.stamp,
          user: "65535:65535",
          labels: {},
        });
        expect(results).toHaveLength(26);
        expect(results.filter(({ status }) => status !== "passed")).toEqual([]);
      }
    } finally {
      archive.close();
    }
    expect(statSync(join(folder, "bin", "linux-arm-v7", "pause")).mode & 0o777).toBe(0o755);
  });

  test("names images in the archive for Docker: the plain tag is linux/amd64's, or the only one's", async () => {
    const tagsOf = async (platforms: readonly string[]) => {
      const { folder, record } = await build({ platforms });
      const args = ["-xOf", join(folder, record.archive.path), "manifest.json"];
      const images = JSON.parse(execFileSync("tar", args, { encoding: "utf8" })) as {
        RepoTags: string[];
      }[];
      return images.map(({ RepoTags }) =>
        RepoTags.map((name) => name.replace("localhost/pause:3.10.2", "")),
      );
    };
    expect(await tagsOf(["arm", "amd64"])).toEqual([["", "-linux-amd64"], ["-linux-arm-v7"]]);
    expect(await tagsOf(["arm"])).toEqual([[""]]);
    expect(await tagsOf(["arm", "s390x"])).toEqual([["-linux-arm-v7"], ["-linux-s390x"]]);
  });

  test("does not put into place what cannot be read back as it was written", async () => {
    const untouched = await builtBefore();
    const signal = new AbortController().signal;
    // A signal is looked at before everything that is read: the moment for a disk to lose a byte.
    signal.throwIfAborted = () => {
      const staging = readdirSync(dist()).find((name) => name.endsWith(".new"));
      const folder = join(dist(), staging ?? "", "oci");
      if (staging === undefined || !existsSync(join(dist(), staging, "build.json"))) return;
      for (const blob of readdirSync(join(folder, "blobs", "sha256"))) {
        const path = join(folder, "blobs", "sha256", blob);
        if (statSync(path).size > 580) truncateSync(path, 580);
      }
    };
    const { code, message, hint, detail } = await failureOf(build({ inline: "none", signal }));
    expect(code).toBe("CONTENT");
    expect(message).toMatch(
      /^The build failed its own checks\n {2}linux\/amd64: manifest: The content of sha256:/,
    );
    expect(hint).toMatch(/report it/);
    expect(detail.failed).toContainEqual(
      expect.objectContaining({ subject: "linux/amd64", check: "manifest" }),
    );
    untouched();
  });

  test("leaves the previous output when the caller objects at the last moment", async () => {
    const untouched = await builtBefore();
    const objection = new Error("No");
    const beforeCommit = async () => {
      throw objection;
    };
    await expect(build({ version: "9", beforeCommit })).rejects.toBe(objection);
    untouched();
  });

  test("throws the reason of an abort as it came, before the start and at the last moment", async () => {
    const untouched = await builtBefore();
    const reason = { why: "enough" };
    await expect(build({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const beforeCommit = async () => controller.abort(reason);
    await expect(build({ version: "9", signal: controller.signal, beforeCommit })).rejects.toBe(
      reason,
    );
    untouched();
  });

  test("builds twice at once in one process", async () => {
    const both = await Promise.all([build(), build({ inline: "blobs" })]);
    const layout = await openLayout(join(dist(), "pause", "oci"));
    const { digest } = await layout.resolve("3.10.2");
    expect(both.map(({ index }) => index.digest)).toContain(digest);
    expect(readdirSync(dist())).toEqual(["pause"]);
  });

  test("tells of each compilation, once begun and once done", async () => {
    const events: string[] = [];
    await build({
      platforms: ["amd64", "arm64"],
      cacheDir: null,
      jobs: 1,
      onEvent: (event) => {
        if (event.type === "compile") events.push(`${event.platform.architecture} ${event.state}`);
      },
    });
    expect(events).toEqual(["amd64 start", "amd64 done", "arm64 start", "arm64 done"]);
  });

  test("warns of nothing with more compilers at a time than Node's listeners", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on("warning", listen);
    const { signal } = new AbortController();
    await build({ platforms: ["all"], cacheDir: null, jobs: 11, signal });
    process.off("warning", listen);
    expect(warnings).toEqual([]);
  });
});
