import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { openArchive } from "../../src/index.ts";
import { nodePlatforms } from "../../src/runtime/node-platform.ts";
import { hiatus } from "../cli/command.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { PATH } from "../runtime/command.ts";
import { CONTAINERD_PROGRAMS, type Containerd, startContainerd } from "../runtime/containerd.ts";
import { makeFolder, removeFolder } from "../runtime/folder.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";

const NAME = "registry.k8s.io/pause";
const PIN = "io.cri-containerd.pinned=pinned";

let folder: string;
let image: PauseImage;
beforeAll(async () => {
  folder = await makeFolder();
  image = await buildPause(folder);
});
afterAll(() => removeFolder(folder));

/** Runs the command, with programs of the test before those of the system. */
async function load(args: readonly string[], programs = "") {
  const env = { PATH: programs === "" ? PATH : `${programs}:${PATH}` };
  const command = ["load", `oci:${image.layout}`, "--name", NAME, ...args];
  const ended = await hiatus(command, { cwd: folder, env });
  return { ...ended, ...(ended.code === 0 ? {} : { failed: ended.stderr }) };
}

/** A program that notes what it is called with and does as the script says. */
function program(name: string, script: string): { readonly folder: string; calls(): string[] } {
  const bin = scratch();
  const log = join(bin, "calls");
  writeFileSync(join(bin, name), `#!/bin/sh\necho "$*" >> ${log}\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
  return { folder: bin, calls: () => readFileSync(log, "utf8").trim().split("\n") };
}

describeWith({ programs: CONTAINERD_PROGRAMS, root: true }, "hiatus load --into containerd", () => {
  let containerd: Containerd;
  const into = (...more: string[]) =>
    load(["--into", "containerd", "--address", containerd.socket, "--namespace", "test", ...more]);
  const rows = async () => (await containerd.ctr("images", "ls")).trim().split("\n").slice(1);

  beforeAll(async () => {
    containerd = await startContainerd();
  });
  afterAll(() => containerd?.stop());

  it("says beforehand what it would run, and changes nothing", async () => {
    const { code, stdout } = await into("--dry-run", "--tag", "{version},3.10");
    expect(code).toBe(0);
    expect(stdout).toContain("images import --all-platforms");
    expect(stdout).toContain(`images label ${NAME}:3.10 ${PIN}`);
    expect(await rows()).toEqual([]);
  });

  it("brings every name, the name by digest, all content and the pin", async () => {
    const { code, stdout, failed } = await into("--tag", "{version},3.10", "--json");
    expect({ code, failed }).toEqual({ code: 0, failed: undefined });
    const { index } = image.record;
    const names = [`${NAME}:${image.tag}`, `${NAME}:3.10`, `${NAME}@${index.digest}`];
    expect(JSON.parse(stdout)).toMatchObject({
      status: "loaded",
      image: { root: index.digest, platform: expect.stringMatching(/^linux\//) },
      held: names.map((name) => ({ name, digest: index.digest, pinned: true })),
    });
    const listed = await rows();
    expect(listed.map((row) => row.split(/\s+/)[0]).sort()).toEqual([...names].sort());
    for (const row of listed) expect(row).toContain(PIN);
    const held = (await containerd.ctr("content", "ls", "--quiet")).split("\n");
    expect(held).toEqual(
      expect.arrayContaining([index.digest, ...image.manifests, ...image.configs, ...image.layers]),
    );
  });

  it("finds nothing to do afterwards, and mends a pin that is gone", async () => {
    const again = JSON.parse((await into("--tag", "{version},3.10", "--json")).stdout);
    expect(again).toMatchObject({ status: "present", commands: [] });
    await containerd.ctr("images", "label", `${NAME}:3.10`, "io.cri-containerd.pinned=");
    const mended = JSON.parse((await into("--tag", "{version},3.10", "--json")).stdout);
    expect(mended.status).toBe("loaded");
    for (const row of await rows()) expect(row).toContain(PIN);
  });

  it("loads one platform alone, as its own manifest", async () => {
    const { code, stdout } = await into(
      "--platform",
      "arm64",
      "--name",
      "x.example/alone",
      "--json",
    );
    expect(code).toBe(0);
    const arm64 = image.record.platforms.find(({ platform }) => platform === "linux/arm64");
    expect(JSON.parse(stdout).image).toMatchObject({ root: arm64?.manifest.digest, whole: false });
    expect(await containerd.ctr("images", "ls", `name==x.example/alone:${image.tag}`)).toContain(
      arm64?.manifest.digest,
    );
  });
});

describe("hiatus load fails with the command, what it said and what to do", () => {
  test.each([
    [
      "containerd",
      "ctr",
      'echo "ctr: failed to dial: permission denied" >&2; exit 1',
      /"ctr --namespace k8s\.io images ls .*permission denied[\s\S]*Run it as root/,
    ],
    ["containerd", "ctr", "kill -9 $$", /"ctr .* ended with exit code 1/],
    [
      "docker",
      "docker",
      'echo "Cannot connect to the Docker daemon" >&2; exit 1',
      /Cannot connect[\s\S]*--address/,
    ],
    ["podman", "podman", "echo '[]'", /does not say what it has/],
  ])("%s: %s with %j", async (into, name, script, said) => {
    const { code, stderr } = await load(["--into", into], program(name, script).folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(said);
  });

  test("when the import ends well and the image is not there", async () => {
    const { folder: bin, calls } = program("ctr", 'echo "REF TYPE DIGEST SIZE PLATFORMS LABELS"');
    const { code, stderr } = await load(["--into", "containerd"], bin);
    expect(code).toBe(1);
    expect(stderr).toContain(`ended well, but ${NAME}:${image.tag} is not there`);
    expect(calls().filter((call) => call.includes("import"))).toHaveLength(1);
  });

  test("when there is no such program", async () => {
    const { code, stderr } = await hiatus(["load", `oci:${image.layout}`, "--into", "containerd"], {
      cwd: folder,
      env: { PATH: scratch() },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('There is no "ctr" here');
  });

  test("when the image has nothing for the node", async () => {
    const args = ["--into", "docker", "--platform", "linux/sparc64"];
    const { code, stderr } = await load(args, program("docker", "exit 1").folder);
    expect(code).toBe(1);
    expect(stderr).toContain('no "linux/sparc64"');
  });

  test("of what is no way to call it, with exit code 2", async () => {
    expect((await load(["--into", "lxc"])).code).toBe(2);
    expect((await load([])).code).toBe(2);
  });
});

describe("hiatus load --into k3s, where k3s does not run", () => {
  test("puts an archive into its folder, whole or not at all, and finds it again", async () => {
    const data = join(scratch(), "k3s");
    const args = ["--into", "k3s", "--data-dir", data, "--json"];
    const first = await load(args, program("k3s", "exit 1").folder);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout).status).toBe("loaded");
    const images = join(data, "agent", "images");
    expect(readdirSync(images)).toEqual([`pause-${image.tag}.tar`]);
    expect(readdirSync(join(data, "agent"))).toEqual(["images"]);
    const archive = await openArchive(join(images, `pause-${image.tag}.tar`));
    expect((await archive.resolve(image.tag)).digest).toBe(image.record.index.digest);
    await archive.close();
    expect(JSON.parse((await load(args)).stdout).status).toBe("present");
    writeFileSync(join(images, `pause-${image.tag}.tar`), "half");
    expect(JSON.parse((await load(args)).stdout).status).toBe("loaded");
  });

  test("says why it cannot", async () => {
    const data = scratch();
    mkdirSync(join(data, "agent"));
    writeFileSync(join(data, "agent", "images"), "");
    const { code, stderr } = await load(["--into", "k3s", "--data-dir", data]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/k3s's folder|archive/);
  });
});

describe("nodePlatforms", () => {
  test.each([
    ["x86_64", ["amd64"]],
    ["aarch64", ["arm64"]],
    ["armv7l", ["arm/v7", "arm/v6", "arm/v5"]],
    ["loongarch64", ["loong64"]],
    ["ppc64le", ["ppc64le"]],
  ])("of %s are %j", (machine, names) => {
    const found = nodePlatforms(machine).map(({ architecture, variant }) =>
      [architecture, variant].filter(Boolean).join("/"),
    );
    expect(found).toEqual(names);
  });

  test("refuses what nothing is built for", async () => {
    expect((await failureOf(() => nodePlatforms("alpha"))).code).toBe("USAGE");
  });
});
