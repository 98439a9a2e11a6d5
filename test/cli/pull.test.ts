import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { packageRoot } from "../../src/package-root.ts";
import { openArchive } from "../../src/store/archive.ts";
import { openLayout } from "../../src/store/layout.ts";
import { listOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { hiatus } from "./command.ts";
import { askedOf, startRegistry, type TestRegistry } from "./registry.ts";
import { digestsOf, snapshot } from "./snapshot.ts";

let built: string;
beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  const args = ["build", join(packageRoot(), "images", "pause"), "-q", "--out", "out"];
  const some = ["--platform", "amd64,arm64", "--inline", "none"];
  expect(await hiatus([...args, ...some], { cwd: built })).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => rmSync(built, { recursive: true }));
const OUT = () => join(built, "out", "pause");

let cwd: string;
let registry: TestRegistry;
let from: string;
beforeEach(async () => {
  cwd = scratch();
  registry = await startRegistry();
  from = `${registry.host}/pause:3.10.2`;
  expect((await hiatus(["push", `oci:${OUT()}/oci`, from, "-q"], { cwd })).code).toBe(0);
  registry.requests.length = 0;
});
const run = (...args: readonly string[]) => hiatus(["pull", ...args], { cwd });
const archiveDigest = (path: string) => digestOf(readFileSync(path));

describe("hiatus pull", () => {
  test("brings everything into a layout, and a second time only asks", async () => {
    const { code, stdout, stderr } = await run(from, "oci:copy");
    const { index } = digestsOf(OUT());
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^pulling to oci:copy:3\.10\.2: 4 blobs, 3 manifests, /),
    });
    expect(stdout).toMatch(
      /^ {2}✓ oci:copy:3\.10\.2 {2}pulled 4 blobs, 3 manifests, [0-9,]+ bytes$/m,
    );
    expect(stdout).toMatch(new RegExp(`^${from} {2}${index.digest} {2}\\d+ requests$`, "m"));
    const layout = await openLayout(join(cwd, "copy"));
    const root = await layout.resolve("3.10.2");
    expect(root.digest).toBe(index.digest);
    expect(await layout.exists(root)).toBe(true);
    expect(root.annotations?.["io.containerd.image.name"]).toBe(from);
    const verified = await hiatus(["verify", "oci:copy", "--structure", "-q"], { cwd });
    expect(verified).toMatchObject({ code: 0, stdout: "" });
    expect((await run(from, "oci:copy")).stdout).toContain("was there already");
  });

  test("reads each thing once, and with --no-referrers nothing else", async () => {
    await run(from, "oci:copy", "--no-referrers");
    const blob = (asked: string) => asked.replace(/^GET pause\/blobs.*/, "GET blob");
    expect(askedOf(registry).map(blob)).toEqual([
      "GET pause/manifests/3.10.2",
      "GET pause/manifests/…",
      "GET pause/manifests/…",
      ...Array.from({ length: 4 }, () => "GET blob"),
    ]);
  });

  test("writes the archive that build writes, when the image goes by the same name", async () => {
    expect(await run(`oci:${OUT()}/oci`, "oci-archive:copy.tar")).toMatchObject({ code: 0 });
    expect(archiveDigest(join(cwd, "copy.tar"))).toBe(digestsOf(OUT()).archive.digest);
  });

  test("writes an archive with names for containerd and Docker, the same each time", async () => {
    await run(from, "oci-archive:one.tar");
    await run(from, "oci-archive:two.tar");
    expect(archiveDigest(join(cwd, "one.tar"))).toBe(archiveDigest(join(cwd, "two.tar")));
    const archive = await openArchive(join(cwd, "one.tar"));
    const root = await archive.resolve("3.10.2");
    archive.close();
    expect(root.annotations?.["io.containerd.image.name"]).toBe(from);
    const text = readFileSync(join(cwd, "one.tar"), "latin1");
    expect(text).toContain(`"RepoTags":["${from}","${from}-linux-amd64"]`);
    expect(text).toContain(`"RepoTags":["${from}-linux-arm64-v8"]`);
    const verified = await hiatus(["verify", "oci-archive:one.tar", "--structure", "-q"], { cwd });
    expect(verified).toMatchObject({ code: 0, stdout: "" });
  });

  test("of one platform writes an archive of that and nothing else", async () => {
    await run(from, "oci-archive:arm.tar:arm", "--platform", "linux/arm64");
    const archive = await openArchive(join(cwd, "arm.tar"));
    const root = await archive.resolve("arm");
    expect(await listOf(archive.tags())).toEqual(["arm"]);
    archive.close();
    expect(root.digest).toBe(digestsOf(OUT()).platforms[1]?.manifest.digest);
    expect(root.platform).toEqual({ architecture: "arm64", os: "linux", variant: "v8" });
    const text = readFileSync(join(cwd, "arm.tar"), "latin1");
    expect(text).toContain(`"RepoTags":["${registry.host}/pause:arm"]`);
  });

  test("gives the image other tags", async () => {
    await run(from, "oci:copy:own", "--tag", "a", "--tag", "b");
    const layout = await openLayout(join(cwd, "copy"));
    expect(await listOf(layout.tags())).toEqual(["a", "b", "own"]);
  });

  test("of a digest wants a tag, or a digest to go by", async () => {
    const { digest } = digestsOf(OUT()).index;
    const named = `${registry.host}/pause@${digest}`;
    const without = await run(named, "oci:copy");
    expect(without.code).toBe(2);
    expect(without.stderr).toContain(`"oci:copy@${digest}" to send it without a tag`);
    expect(readdirSync(cwd)).toEqual([]);
    expect((await run(named, `oci:copy@${digest}`)).code).toBe(0);
    expect((await run(named, "oci:copy:x")).code).toBe(0);
  });
});

describe("hiatus pull, and what is there", () => {
  test("replaces an archive, and nothing that is none", async () => {
    writeFileSync(join(cwd, "notes.txt"), "precious");
    const refused = await run(from, "oci-archive:notes.txt");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("is no archive of images, so it is not replaced");
    expect(readFileSync(join(cwd, "notes.txt"), "utf8")).toBe("precious");
    await run(from, "oci-archive:copy.tar", "--platform", "linux/amd64");
    expect((await run(from, "oci-archive:copy.tar")).stdout).toMatch(/ {4}3\.10\.2 was sha256:/);
    expect(readdirSync(cwd).sort()).toEqual(["copy.tar", "notes.txt"]);
  });

  test("leaves an archive as it was when a blob is not what it should be", async () => {
    await run(`oci:${OUT()}/oci`, "oci-archive:copy.tar");
    const before = snapshot(cwd);
    cpSync(join(OUT(), "oci"), join(built, "damaged"), { recursive: true });
    const { digest } = digestsOf(OUT()).platforms[0]!.layer;
    const path = join(built, "damaged", "blobs", "sha256", digest.slice(7));
    const bytes = readFileSync(path);
    bytes[20]! ^= 1;
    writeFileSync(path, bytes);
    const { code, stderr } = await run(`oci:${built}/damaged`, "oci-archive:copy.tar");
    expect(code).toBe(1);
    expect(stderr).toContain(digest);
    expect(snapshot(cwd)).toEqual(before);
    const { code: also } = await run(`oci:${built}/damaged`, "oci:copy");
    expect(also).toBe(1);
    expect(await listOf((await openLayout(join(cwd, "copy"))).tags())).toEqual([]);
  });

  test("with --json says what it wrote", async () => {
    const { stdout } = await run(from, "oci-archive:copy.tar", "--json");
    const done = stdout.split("\n").find((line) => line.includes('"type":"done"')) ?? "";
    expect(JSON.parse(done)).toMatchObject({
      destination: "oci-archive:copy.tar:3.10.2",
      status: "sent",
      digest: digestsOf(OUT()).index.digest,
      bytes: readFileSync(join(cwd, "copy.tar")).byteLength,
      requests: 0,
    });
  });
});

describe("hiatus pull, used wrongly", () => {
  test.each([
    [["localhost:1/pause"], 2, "missing required argument 'to'"],
    [["localhost:1/pause", "localhost:1/other"], 2, "use: hiatus push localhost:1/pause"],
    [["localhost:1/pause", "copy.tar"], 2, '"copy.tar" does not say which registry'],
    [["localhost:1/pause:1", "oci:copy"], 1, 'No answer from "localhost:1"'],
    [["pause:a:b", "oci:copy"], 2, "is not a reference"],
  ] as const)("%j ends with %i and says why", async (args, expected, message) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(expected);
    expect(stderr).toContain(message);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test("takes a short name for Docker Hub's, but not where it names something here", async () => {
    cpSync(join(OUT(), "oci"), join(cwd, "pause"), { recursive: true });
    for (const command of [["inspect"], ["verify"], ["tags"]]) {
      const { code, stderr } = await hiatus([...command, "pause"], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain('"oci:pause" for a folder');
    }
  });

  test("says that a tag is not there", async () => {
    const { code, stderr } = await run(`${registry.host}/pause`, "oci:copy");
    expect(code).toBe(1);
    expect(stderr).toContain('Nothing is called "latest" in the repository');
  });
});
