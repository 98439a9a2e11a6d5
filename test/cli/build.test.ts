import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { packageRoot } from "../../src/package-root.ts";
import { jsonSchemas } from "../../src/release/schemas.ts";
import { scratch } from "../folder.ts";
import { ended, hiatus, jsonLines, type RunOptions, start } from "./command.ts";
import { digestsOf, snapshot } from "./snapshot.ts";

let cwd: string;
beforeEach(() => {
  cwd = scratch();
  cpSync(
    join(packageRoot(), "images", "pause", "image.yaml"),
    join(cwd, "images", "pause", "image.yaml"),
    { recursive: true },
  );
});
const run = (args: readonly string[], options: Partial<RunOptions> = {}) =>
  hiatus(["build", ...args], { cwd, ...options });
const AMD64 = ["--platform", "linux/amd64"];
const out = () => join(cwd, "dist", "pause");
const readLock = () => readFileSync(join(cwd, "images", "pause", "digests.json"), "utf8");

describe("hiatus build", () => {
  test("prints a table of every platform, the index digest, and what to do next", async () => {
    const { code, stdout } = await run([]);
    expect(code).toBe(0);
    const { index, platforms } = digestsOf(out());
    expect(platforms).toHaveLength(11);
    for (const { platform, binary, layer, config, manifest } of platforms) {
      const size = (bytes: number) => String(bytes).replace(/(\d)(\d{3})$/, "$1,$2");
      expect(stdout).toMatch(
        new RegExp(
          `^ {2}${platform} +${size(binary.size)} +${size(layer.size)} +${size(config.size)} +${manifest.digest}$`,
          "m",
        ),
      );
    }
    expect(stdout).toMatch(new RegExp(`^ {2}index +${index.digest}$`, "m"));
    expect(stdout).toContain("hiatus inspect oci:dist/pause/oci:3.10.2\n");
    expect(stdout).toContain("docker load --input dist/pause/pause-3.10.2.tar\n");
    expect(stdout).not.toContain("\u001b");
  });

  test("leaves a layout, binaries, an archive and a record, and nothing else", async () => {
    await run([...AMD64, "--version", "9.9"]);
    expect(readdirSync(join(cwd, "dist"))).toEqual(["pause"]);
    expect(readdirSync(out()).sort()).toEqual(["bin", "build.json", "oci", "pause-9.9.tar"]);
    const record = JSON.parse(readFileSync(join(out(), "build.json"), "utf8")) as unknown;
    const schema = jsonSchemas()["build.schema.json"]!;
    const validate = new Ajv2020().compile(schema);
    expect(validate(record) || validate.errors).toBe(true);
    const { archive, platforms } = digestsOf(out());
    for (const { path, digest, size } of [archive, ...platforms.map(({ binary }) => binary)]) {
      const bytes = readFileSync(join(out(), path));
      expect({ digest: digestOf(bytes), size: bytes.byteLength }).toEqual({ digest, size });
    }
  });

  test("with --quiet prints the index digest alone", async () => {
    const { code, stdout, stderr } = await run(["-q", "--no-cache", ...AMD64]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`${digestsOf(out()).index.digest}\n`);
  });

  test("with --json prints events and at last the record", async () => {
    const { code, stdout, stderr } = await run(["--json", "--no-cache", ...AMD64]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = jsonLines(stdout);
    expect(lines.slice(0, -1)).toEqual([
      { type: "compile", platform: "linux/amd64", state: "start", cached: false, bytes: 0 },
      expect.objectContaining({ type: "compile", state: "done", cached: false }),
    ]);
    const record = JSON.parse(readFileSync(join(out(), "build.json"), "utf8")) as object;
    expect(lines.at(-1)).toEqual({
      type: "result",
      folder: out(),
      tag: "3.10.2",
      lock: "absent",
      checks: 10,
      ...record,
    });
  });

  test("writes the same bytes again, and the record as well", async () => {
    await run([]);
    const first = snapshot(out());
    await run(["--no-cache", "--jobs", "1"]);
    expect(snapshot(out())).toEqual(first);
  });

  test("takes platforms with commas or repeated, in the definition's order", async () => {
    await run(["--platform", "arm64,linux/amd64", "--platform", "arm"]);
    const names = digestsOf(out()).platforms.map(({ platform }) => platform);
    expect(names).toEqual(["linux/amd64", "linux/arm64", "linux/arm/v7"]);
  });

  test("quotes paths in what to do next, so that it can be pasted", async () => {
    const { stdout } = await run([...AMD64, "--out", "a b"]);
    expect(stdout).toContain("hiatus inspect 'oci:a b/pause/oci:3.10.2'\n");
    expect(stdout).toContain("docker load --input 'a b/pause/pause-3.10.2.tar'\n");
  });

  test("refuses a folder that holds what no build wrote, and leaves it", async () => {
    mkdirSync(out(), { recursive: true });
    writeFileSync(join(out(), "backup.tar"), "precious");
    const { code, stderr } = await run(AMD64);
    expect(code).toBe(2);
    expect(stderr).toContain("backup.tar");
    expect(snapshot(out())).toEqual({ "backup.tar": Buffer.from("precious").toString("base64") });
  });

  test("two at the same time both succeed, and leave one output", async () => {
    const both = await Promise.all([run(["-q", "--no-cache"]), run(["-q", "--inline", "blobs"])]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const digests = both.map(({ stdout }) => stdout.trim());
    expect(digests).toContain(digestsOf(out()).index.digest);
    expect(readdirSync(join(cwd, "dist"))).toEqual(["pause"]);
  });

  test("goes on when the reader of its output goes away", async () => {
    const child = start(["build", "--json", "--no-cache"], { cwd });
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, signal } = await ended(child);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(digestsOf(out()).platforms).toHaveLength(11);
  });

  test("says so and fails when its result cannot be written", async () => {
    const full = openSync("/dev/full", "w");
    const { code, stderr } = await run(["-q", ...AMD64], { stdio: ["ignore", full, "pipe"] });
    closeSync(full);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hiatus: Cannot write to standard output: ENOSPC\n {2}\S/);
    expect(digestsOf(out()).platforms).toHaveLength(1);
  });

  test("works with its standard output and error closed", async () => {
    const { code } = await run(["-q", ...AMD64], { stdio: ["ignore", "ignore", "ignore"] });
    expect(code).toBe(0);
  });
});

describe("hiatus build and its lock", () => {
  test("writes, keeps and compares it", async () => {
    const absent = await run(["--locked"]);
    expect(absent.code).toBe(2);
    expect(absent.stderr).toContain("There is no lock");
    expect(absent.stderr).toContain("--update-lock");

    const written = await run(["--update-lock"]);
    expect(written.code).toBe(0);
    expect(written.stdout).toContain("digests.json is written anew");
    const lock = readLock();
    expect((await run(["--locked"])).stdout).toContain("matches digests.json");
    expect((await run(["--locked", "-q", ...AMD64])).code).toBe(0);
    expect(readLock()).toBe(lock);
    expect(readdirSync(join(cwd, "images", "pause")).sort()).toEqual([
      "digests.json",
      "image.yaml",
    ]);
  });

  test("with --locked and a difference exits with 3, shows it, and leaves the previous output", async () => {
    await run(["--update-lock"]);
    const before = snapshot(out());
    const { code, stdout, stderr } = await run(["--locked", "--stamp", "g1234abc"]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain("  stamp\n    locked 3.10.2\n    built  3.10.2+g1234abc\n");
    expect(snapshot(out())).toEqual(before);
    expect(readdirSync(join(cwd, "dist"))).toEqual(["pause"]);

    const json = await run(["--locked", "--json", "--inline", "blobs"]);
    expect(json.code).toBe(3);
    expect(jsonLines(json.stdout).at(-1)).toMatchObject({ type: "error", code: "DIFFERENCE" });
    expect(snapshot(out())).toEqual(before);
  });

  test("without --locked says where it differs and goes on", async () => {
    await run(["--update-lock"]);
    const { code, stdout } = await run([], { env: { SOURCE_DATE_EPOCH: "1700000000" } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}lock +differs in SOURCE_DATE_EPOCH, /m);
  });

  test("refuses a broken lock, and --update-lock mends it", async () => {
    writeFileSync(join(cwd, "images", "pause", "digests.json"), "{");
    const { code, stderr } = await run(AMD64);
    expect(code).toBe(2);
    expect(stderr).toContain('digests.json" is wrong');
    expect((await run(["--update-lock", "-q"])).code).toBe(0);
    expect((await run(["--locked", "-q"])).code).toBe(0);
  });
});

describe("hiatus build with a wrong definition", () => {
  test("names file, line and column of each mistake", async () => {
    const path = join(cwd, "images", "pause", "image.yaml");
    const text = readFileSync(path, "utf8");
    writeFileSync(
      path,
      text.replace("version: 3.10.2", "version: 3.10").replace("labels:", "lables:"),
    );
    const { code, stderr } = await run([]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      `${path}:8:10: version: YAML does not read this as text; write it in quotes: "3.10"`,
    );
    expect(stderr).toMatch(/:\d+:1: unknown key "lables"; did you mean "labels"\?/);
    expect(readdirSync(cwd)).toEqual(["images"]);
  });
});
