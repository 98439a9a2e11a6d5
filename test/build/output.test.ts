import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Staging, stage, stageFile } from "../../src/build/output.ts";
import { bundle } from "../bundle.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { fillBuild, nameOfBuild } from "./fill-build.ts";

let parent: string;
let target: string;
beforeEach(() => {
  parent = scratch();
  target = join(parent, "pause");
});

const staged = async (name: string): Promise<Staging> => {
  const staging = await stage(target);
  fillBuild(staging.folder, name);
  return staging;
};
const commit = async (name: string): Promise<void> => {
  const staging = await staged(name);
  await staging.commit();
  await staging.discard();
};
/** Everything beside and including the target. */
const beside = () => readdirSync(parent).sort();

describe("stage", () => {
  test("puts a folder into place, and another in its stead", async () => {
    target = join(parent, "not", "there", "pause");
    await commit("first");
    expect(nameOfBuild(target)).toBe("first");
    await commit("second");
    expect(nameOfBuild(target)).toBe("second");
    expect(readdirSync(join(target, ".."))).toEqual(["pause"]);
  });

  test("leaves what was there until the commit, and after a discard", async () => {
    await commit("first");
    const staging = await staged("second");
    expect(nameOfBuild(target)).toBe("first");
    await staging.discard();
    expect(nameOfBuild(target)).toBe("first");
    expect(beside()).toEqual(["pause"]);
  });

  test("replaces an empty folder", async () => {
    mkdirSync(target);
    await commit("first");
    expect(nameOfBuild(target)).toBe("first");
  });

  test.each([
    ["a file of somebody", () => writeFileSync(join(target, "thesis.tex"), "")],
    ["an archive of somebody", () => writeFileSync(join(target, "backup.tar"), "")],
    ["folders with our names and no record", () => mkdirSync(join(target, "bin"))],
    ["a record that is none", () => writeFileSync(join(target, "build.json"), "{}")],
    ["a record that is not JSON", () => writeFileSync(join(target, "build.json"), "{")],
  ])("refuses a folder with %s", async (_, add) => {
    mkdirSync(target);
    add();
    const before = readdirSync(target);
    const { code, message, hint } = await failureOf(stage(target));
    expect(code).toBe("USAGE");
    expect(message).toBe(`No build wrote "${join(target, before[0]!)}", so it is not replaced`);
    expect(hint).toMatch(/--out/);
    expect(readdirSync(target)).toEqual(before);
    expect(beside()).toEqual(["pause"]);
  });

  test("refuses a build to which somebody added something, also at the last moment", async () => {
    await commit("first");
    const staging = await staged("second");
    writeFileSync(join(target, "notes.txt"), "");
    expect((await failureOf(staging.commit())).code).toBe("USAGE");
    await staging.discard();
    expect((await failureOf(stage(target))).message).toContain("notes.txt");
    expect(existsSync(join(target, "notes.txt"))).toBe(true);
    expect(beside()).toEqual(["pause"]);
  });

  test.each([
    ["a file", () => writeFileSync(target, "")],
    ["a link to a folder", () => symlinkSync(parent, target)],
    ["a link to nowhere", () => symlinkSync("nowhere", target)],
  ])("refuses %s", async (_, make) => {
    make();
    const { code, message } = await failureOf(stage(target));
    expect({ code, message }).toEqual({
      code: "USAGE",
      message: `No build wrote "${target}", so it is not replaced`,
    });
  });

  test("says when a file is where the folder above should be", async () => {
    writeFileSync(target, "");
    for (const below of ["a", "a/b"]) {
      const { code, message, hint } = await failureOf(stage(join(target, below)));
      expect(code).toBe("USAGE");
      expect(message).toMatch(/is not a folder/);
      expect(hint).toMatch(/--out/);
    }
  });

  test("of several builds in one process keeps the last whole, and leaves nothing", async () => {
    const names = Array.from({ length: 20 }, (_, position) => `build-${position}`);
    await Promise.all(names.map(commit));
    expect(names).toContain(nameOfBuild(target));
    expect(beside()).toEqual(["pause"]);
  });

  test("does not sweep what another build of this process is writing", async () => {
    const first = await staged("first");
    await commit("second");
    await first.commit();
    expect(nameOfBuild(target)).toBe("first");
    expect(beside()).toEqual(["pause"]);
  });

  test("sweeps only its own leftovers, of processes that have gone", async () => {
    const gone = await deadPid();
    const left = [`.pause.${gone}-0.new`, `.pause.${gone}-1.old`, `.pause.${process.pid}-99.new`];
    const kept = [
      `.pause.1-0.new`,
      `.other.${gone}-0.new`,
      ".pause.new",
      `.pause.${gone}-0.new.txt`,
    ];
    for (const name of [...left, ...kept]) mkdirSync(join(parent, name));
    await commit("first");
    expect(beside()).toEqual([...kept, "pause"].sort());
  });
});

describe("stage in processes of their own", () => {
  let folder: string;
  let child: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hiatus-test-"));
    child = await bundle("test/build/output-child.ts", folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const start = (...args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [child, target, ...args], { stdio: ["ignore", "ignore", "inherit"] });

  test("that are killed between the two renames have their old output brought back", async () => {
    await commit("first");
    const [, signal] = (await once(start("second", "1", "1"), "exit")) as [unknown, string];
    expect(signal).toBe("SIGKILL");
    expect(existsSync(target)).toBe(false);
    expect(beside()).toEqual([expect.stringMatching(/\.new$/), expect.stringMatching(/\.old$/)]);

    const staging = await stage(target);
    expect(nameOfBuild(target)).toBe("first");
    await staging.discard();
    expect(beside()).toEqual(["pause"]);
  });

  test("that are killed after both renames leave the new output, and the old is swept", async () => {
    await commit("first");
    await once(start("second", "1", "2"), "exit");
    expect(nameOfBuild(target)).toBe("second-0");
    await commit("third");
    expect(nameOfBuild(target)).toBe("third");
    expect(beside()).toEqual(["pause"]);
  });

  test("write one folder at the same time: none fails, one stays, nothing else does", async () => {
    const children = ["a", "b", "c", "d"].map((name) => start(name, "40"));
    const ends = await Promise.all(children.map((process) => once(process, "exit")));
    expect(ends).toEqual(children.map(() => [0, null]));
    expect(nameOfBuild(target)).toMatch(/^[abcd]-[0-9]+$/);
    expect(beside()).toEqual(["pause"]);
  });
});

describe("stageFile", () => {
  test("replaces a file at the commit, with mode 0644 whatever the umask", async () => {
    const path = join(parent, "digests.json");
    writeFileSync(path, "old");
    const before = process.umask(0o077);
    try {
      const staging = await stageFile(path, "new");
      expect(readFileSync(path, "utf8")).toBe("old");
      await staging.commit();
      await staging.discard();
    } finally {
      process.umask(before);
    }
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(beside()).toEqual(["digests.json"]);
  });

  test("leaves nothing after a discard", async () => {
    const staging = await stageFile(join(parent, "digests.json"), "new");
    await staging.discard();
    expect(beside()).toEqual([]);
  });
});

async function deadPid(): Promise<number> {
  const process = spawn("true");
  await once(process, "exit");
  return process.pid!;
}
