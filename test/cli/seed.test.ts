import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { scratch } from "../folder.ts";
import { useBuild } from "./built.ts";
import { ended, hiatus, jsonLines, start } from "./command.ts";
import { askedOf, startRegistry, type TestRegistry } from "./registry.ts";
import { digestsOf } from "./snapshot.ts";

const OUT = useBuild("amd64,arm64");
const BUNDLE = "pause.tar.gz";
const TAGS = ["3.10.2", "3.10", "3.9"];

let cwd: string;
const run = (...args: readonly string[]) => hiatus(["seed", ...args], { cwd });
const bundle = (...args: readonly string[]) =>
  hiatus(["bundle", `oci:${OUT()}/oci`, "-q", ...args], { cwd });
/** What was asked that changes something. */
const written = (registry: TestRegistry) =>
  askedOf(registry).filter((asked) => !/^(?:GET|HEAD)/.test(asked));
/** What a tag names at a registry, by what pulling it gives. */
const tagged = async (reference: string) =>
  (await hiatus(["inspect", reference, "--json"], { cwd })).stdout.match(/"digest":"([^"]+)"/)?.[1];

beforeEach(async () => {
  cwd = scratch();
  expect(await bundle("--out", BUNDLE, "--tag", TAGS.join(","))).toMatchObject({ code: 0 });
});

describe("hiatus seed", () => {
  test("brings every tag into every registry, and the second time asks and writes nothing", async () => {
    const registries = [await startRegistry(), await startRegistry()];
    const to = registries.map(({ host }) => `${host}/k8s/pause`);
    const first = await run(BUNDLE, ...to);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/^pause 3\.10\.2 {2}released$/m);
    const { digest } = digestsOf(OUT()).index;
    for (const place of to) {
      for (const tag of TAGS) expect(await tagged(`${place}:${tag}`)).toBe(digest);
    }
    for (const registry of registries) registry.requests.length = 0;
    const second = await run(BUNDLE, ...to, "--json");
    expect(second.code).toBe(0);
    expect(jsonLines(second.stdout).at(-1)).toMatchObject({ result: "unchanged" });
    for (const registry of registries) {
      expect(written(registry)).toEqual([]);
      expect(registry.requests.length).toBeGreaterThan(0);
    }
    expect(readFileSync(join(cwd, "dist", "report", "report.json"), "utf8")).toContain(digest);
  });

  test("moves no tag anywhere when one registry fails", async () => {
    const good = await startRegistry();
    const bad = await startRegistry({
      instead: (method) => (method === "PUT" ? { status: 403, headers: {} } : undefined),
    });
    const { code, stderr } = await run(BUNDLE, `${good.host}/pause`, `${bad.host}/pause`);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /pause 3\.10\.2 was not seeded: 1 of 2 mirrors failed .*; no tag was moved/,
    );
    expect(await tagged(`${good.host}/pause:3.10.2`)).toBeUndefined();
    expect(written(good).filter((asked) => /manifests\/3/.test(asked))).toEqual([]);
  });

  test("asks before it moves a tag, and puts it back with --rollback", async () => {
    const { host } = await startRegistry();
    const to = `${host}/pause`;
    await bundle("--out", "old.tar", "--platform", "arm64", "--tag", "3.9");
    expect(await run("old.tar", to)).toMatchObject({ code: 0 });
    const old = await tagged(`${to}:3.9`);
    const refused = await run(BUNDLE, to);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("would move a tag that names something else now");
    expect(await run(BUNDLE, to, "--yes")).toMatchObject({ code: 0 });
    expect(await tagged(`${to}:3.9`)).toBe(digestsOf(OUT()).index.digest);
    expect(await run(BUNDLE, to, "--rollback")).toMatchObject({ code: 0 });
    expect(await tagged(`${to}:3.9`)).toBe(old);
    expect(await tagged(`${to}:3.10`)).toBeUndefined();
    const report = readFileSync(join(cwd, "dist", "report", "report.json"), "utf8");
    expect(JSON.parse(report)).toMatchObject({ kind: "rollback" });
  });

  test("takes mirrors of a file, some of them, and tags that are asked for", async () => {
    const [one, two] = [await startRegistry(), await startRegistry()];
    const entry = (name: string, host: string) =>
      `  - { name: ${name}, repository: "${host}/{image}", attachments: required }\n`;
    const text = `version: 1\nmirrors:\n${entry("one", one.host)}${entry("two", two.host)}`;
    writeFileSync(join(cwd, "m.yaml"), text);
    const args = ["--mirrors", "m.yaml", "--only", "two", "--tag", "{version},mine"];
    expect(await run(BUNDLE, ...args)).toMatchObject({ code: 0 });
    expect(one.requests).toEqual([]);
    expect(await tagged(`${two.host}/pause:mine`)).toBe(digestsOf(OUT()).index.digest);
    expect(await tagged(`${two.host}/pause:3.9`)).toBeUndefined();
  });

  test("--dry-run writes nothing, here or there", async () => {
    const registry = await startRegistry();
    const { code, stdout } = await run(BUNDLE, `${registry.host}/pause:one`, "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}new {4}one$/m);
    expect(written(registry).filter((asked) => !asked.includes("uploads"))).toEqual([]);
    expect(await tagged(`${registry.host}/pause:one`)).toBeUndefined();
  });

  test.each([
    ["secret", 0],
    ["not secret", 1],
  ])("logs in with the password %s from standard input: exit code %i", async (password, code) => {
    const { host } = await startRegistry({
      authenticate: async (name, given) => name === "ann" && given === "secret",
    });
    const login = ["--username", "ann", "--password-stdin"];
    const child = start(["seed", BUNDLE, `${host}/pause`, ...login], {
      cwd,
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin!.end(`${password}\n`);
    const result = await ended(child);
    expect(result.code).toBe(code);
    const said = result.stdout + result.stderr;
    if (code !== 0) expect(said).toContain("401");
    expect(said).not.toContain(password);
  });

  test("says that the base is missing before anything is sent, and seeds on top of it", async () => {
    const [full, empty] = [await startRegistry(), await startRegistry()];
    await bundle("--out", "base.tar", "--platform", "amd64", "--tag", "old");
    await bundle("--out", "delta.tar", "--since", "base.tar", "--tag", "new");
    expect(await run("base.tar", `${full.host}/pause`)).toMatchObject({ code: 0 });
    full.requests.length = 0;
    const both = await run("delta.tar", `${full.host}/pause`, `${empty.host}/pause`);
    expect(both.code).toBe(1);
    expect(both.stdout).toContain(`"${empty.host}/pause" lacks 2 of the 2 contents`);
    expect(both.stdout).toMatch(/Bring localhost\/pause:old@sha256:[0-9a-f]{64} there first/);
    for (const registry of [full, empty]) {
      expect(written(registry).filter((asked) => !asked.includes("uploads"))).toEqual([]);
    }
    expect(await run("delta.tar", `${full.host}/pause`, "--forget")).toMatchObject({ code: 0 });
    expect(await tagged(`${full.host}/pause:new`)).toBe(digestsOf(OUT()).index.digest);
  });

  test("sends nothing of a bundle in which a byte is wrong", async () => {
    const registry = await startRegistry();
    await bundle("--out", "whole.tar");
    const bytes = readFileSync(join(cwd, "whole.tar"));
    const blob = digestsOf(OUT()).platforms[1]!.layer.digest.slice(7);
    const at = bytes.lastIndexOf(`blobs/sha256/${blob}`) + 512 + 20;
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(join(cwd, "broken.tar"), bytes);
    const { code, stderr } = await run("broken.tar", `${registry.host}/pause`);
    expect(code).toBe(1);
    expect(stderr).toContain("has the digest sha256:");
    expect(registry.requests).toEqual([]);
  });

  test.each([
    [[BUNDLE], "Nothing says where to"],
    [[BUNDLE, "oci:folder"], '"oci:folder" is no place in a registry'],
    [[BUNDLE, "pause"], "does not say which registry to write to"],
    [[BUNDLE, "localhost:1/pause", "--only", "x"], "--only is for a mirrors file"],
    [["registry.example/pause:1", "localhost:1/pause"], "is no file on this machine"],
    [[BUNDLE, "localhost:1/pause", "--plain-http", "--insecure"], "cannot be used together"],
  ])("of %s is wrong usage", async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
