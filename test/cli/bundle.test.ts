import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readDelta } from "../../src/bundle/delta.ts";
import { openArchive } from "../../src/store/archive.ts";
import { listOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { useBuild } from "./built.ts";
import { hiatus, jsonLines } from "./command.ts";
import { startRegistry } from "./registry.ts";
import { digestsOf } from "./snapshot.ts";

const OUT = useBuild("amd64,arm64,riscv64");
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

  test.each(["archive", "registry"])(
    "--since leaves out what the %s has, and says so inside",
    async (kind) => {
      const cwd = scratch();
      const { host } = await startRegistry();
      const some = ["--platform", "amd64,arm64", "--tag", "old"];
      await hiatus(["bundle", LAYOUT(), "--out", "base.tar", ...some], { cwd });
      await hiatus(["push", "base.tar", `${host}/pause`, "-q"], { cwd });
      const since = kind === "archive" ? "base.tar" : `${host}/pause:old`;
      const args = ["bundle", LAYOUT(), "--out", "delta.tar", "--since", since, "--json"];
      const [said] = jsonLines((await hiatus(args, { cwd })).stdout);
      expect(said).toMatchObject({ blobs: 2, manifests: 4, omitted: { length: 4 } });
      const archive = await openArchive(join(cwd, "delta.tar"));
      const delta = readDelta(await archive.indexBytes());
      archive.close();
      expect(delta).toEqual({
        since: said!.since,
        omitted: [...(said!.omitted as string[])].sort(),
      });
      expect(delta!.since).toMatch(/\/pause:old@sha256:[0-9a-f]{64}$/);
      for (const command of [
        ["inspect", "delta.tar"],
        ["push", "delta.tar", `${host}/other`],
        ["serve", "delta.tar"],
      ]) {
        const { code, stderr } = await hiatus(command, { cwd });
        expect(code).toBe(2);
        expect(stderr).toContain(`leaves out 4 contents of its image, which ${delta!.since} has`);
      }
    },
  );

  test("--since something else leaves nothing out", async () => {
    const cwd = scratch();
    const some = ["--platform", "amd64"];
    await hiatus(["bundle", LAYOUT(), "--out", "base.tar", ...some], { cwd });
    const other = ["--platform", "riscv64", "--since", "base.tar"];
    const { stdout } = await hiatus(["bundle", LAYOUT(), "--out", "delta.tar", ...other], { cwd });
    expect(stdout).toContain("without  nothing: localhost/pause:3.10.2@sha256:");
    expect(await hiatus(["verify", "delta.tar", "--structure", "-q"], { cwd })).toMatchObject({
      code: 0,
    });
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
