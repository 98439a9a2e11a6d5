import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { openArchive } from "../../src/store/archive.ts";
import { listOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { hiatus, jsonLines } from "./command.ts";
import { startRegistry } from "./registry.ts";
import { digestsOf } from "./snapshot.ts";

let built: string;
beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  const args = ["build", join(packageRoot(), "images", "pause"), "-q", "--out", "out"];
  const some = ["--platform", "amd64,arm64,riscv64"];
  expect(await hiatus([...args, ...some], { cwd: built })).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => rmSync(built, { recursive: true }));
const OUT = () => join(built, "out", "pause");
const LAYOUT = () => `oci:${OUT()}/oci`;

describe("hiatus bundle", () => {
  test("says what it wrote, and the same from a registry as from a layout", async () => {
    const cwd = scratch();
    const { host } = await startRegistry();
    const name = ["--name", "registry.k8s.io/pause"];
    expect(await hiatus(["push", LAYOUT(), `${host}/pause:3.10.2`, "-q"], { cwd })).toMatchObject({
      code: 0,
    });
    const one = await hiatus(["bundle", LAYOUT(), "--out", "one.tar.gz", ...name], { cwd });
    expect(one).toMatchObject({ code: 0, stderr: "" });
    expect(one.stdout).toMatch(/^one\.tar\.gz {2}[\d,]+ bytes$/m);
    expect(one.stdout).toMatch(/^ {2}called {3}registry\.k8s\.io\/pause:3\.10\.2$/m);
    expect(one.stdout).toMatch(/^ {2}holds {4}6 blobs, 4 manifests$/m);
    await hiatus(["bundle", `${host}/pause:3.10.2`, "--out", "two.tar.gz", ...name], { cwd });
    expect(readFileSync(join(cwd, "two.tar.gz"))).toEqual(readFileSync(join(cwd, "one.tar.gz")));
    const again = await hiatus(["bundle", "one.tar.gz", "--out", "three.tar.gz", "-q"], { cwd });
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(join(cwd, "three.tar.gz"))).toEqual(readFileSync(join(cwd, "one.tar.gz")));
    expect(`${readFileSync(join(cwd, "three.tar.gz.sha256"))}`).toBe(
      `${again.stdout.trim().slice(7)}  three.tar.gz\n`,
    );
  });

  test("takes tags as mirrors files have them, and keeps them from bundle to bundle", async () => {
    const cwd = scratch();
    const tag = ["--tag", "{node-defaults},{version}", "--tag", "{major}.{minor},{aliases},mine"];
    const args = ["bundle", LAYOUT(), "--out", "a.tar", "--json", ...tag];
    const [said] = jsonLines((await hiatus(args, { cwd })).stdout);
    expect(said).toMatchObject({ type: "bundle", form: "tar", repository: "localhost/pause" });
    await hiatus(["bundle", "a.tar", "--out", "b.tar"], { cwd });
    for (const file of ["a.tar", "b.tar"]) {
      const archive = await openArchive(join(cwd, file));
      const tags = await listOf(archive.tags());
      archive.close();
      expect(tags).toEqual([...(said!.tags as string[])].sort());
      expect(tags).toEqual(expect.arrayContaining(["3.10.2", "3.10", "3.9", "3.4.1", "mine"]));
    }
  });

  test("leaves platforms out, and says that it is another image", async () => {
    const cwd = scratch();
    const args = ["bundle", LAYOUT(), "--out", "a.tar", "--platform", "amd64,riscv64"];
    const { code, stderr } = await hiatus(args, { cwd });
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^hiatus: Leaving platforms out/),
    });
    const check = await hiatus(["verify", "a.tar", "--structure", "-q"], { cwd });
    expect(check).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const one = await hiatus(["bundle", LAYOUT(), "--out", "b.tar", "--platform", "arm64"], {
      cwd,
    });
    const arm64 = digestsOf(OUT()).platforms.find(({ platform }) => platform.includes("arm64"));
    expect(one.stdout).toContain(arm64!.manifest.digest);
  });

  test.each([
    [["--out", "pause"], 2, "does not say what kind of bundle"],
    [["--out", "a.tar", "--tag", "{nothing}"], 2, '"{nothing}" gives no tag'],
    [["--out", "a.tar", "--name", "registry.k8s.io/pause:3"], 2, "ends with a tag"],
    [["--out", "a.tar", "--platform", "s390x"], 1, 'The image has no "linux/s390x"'],
    [["--out", "no/a.tar"], 1, "Cannot write"],
  ])("with %s fails with exit code %i and leaves nothing", async (args, code, message) => {
    const cwd = scratch();
    const result = await hiatus(["bundle", LAYOUT(), ...args], { cwd });
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
    expect(result.stderr).toContain(message);
    expect(readdirSync(cwd)).toEqual([]);
  });
});
