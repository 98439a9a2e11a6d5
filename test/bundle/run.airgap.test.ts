/** The self-extracting script where it is meant for: a host with nothing but busybox and curl, and container runtimes, all without a network. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { BARE_ROOT_PROGRAMS, type BareRoot, makeBareRoot } from "../airgap/bare-root.ts";
import { expectInRegistry } from "../interop/expect-whole.ts";
import { columnOf, OURS, scratchFolder, THEIRS, useStage } from "../interop/stages.ts";
import { run } from "../runtime/command.ts";
import { CONTAINERD_PROGRAMS, type Containerd, startContainerd } from "../runtime/containerd.ts";
import { DOCKER_PROGRAMS, type Dockerd, startDockerd } from "../runtime/dockerd.ts";
import { describeWith, missingOf } from "../runtime/needs.ts";
import { PODMAN_PROGRAMS, type Podman, preparePodman } from "../runtime/podman.ts";
import { makeRunFile, type RunFile, runCommand } from "./run-shells.ts";

const { none } = inject("fixtures");
const REPOSITORY = "k8s/pause";
const ALIAS = "k8s.gcr.io/pause:3.6";

let made: RunFile;
beforeAll(async () => {
  made = await makeRunFile(await scratchFolder("run"));
});

describeWith({ programs: [...BARE_ROOT_PROGRAMS, "curl"], root: true }, "a bare host", () => {
  let host: BareRoot;
  const sh = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    host.attempt(["/bin/sh", "/pause.run", ...args], env);

  beforeAll(async () => {
    host = await makeBareRoot(join(await scratchFolder("bare"), "root"), ["curl"]);
    await host.put(made.file, "/pause.run");
  });

  it("lists, verifies and extracts", async () => {
    expect(await sh(["--list"])).toMatchObject({ code: 0 });
    expect(await sh(["--verify"])).toMatchObject({ code: 0, stderr: "" });
    expect(await sh(["--extract", "/root/layout"])).toMatchObject({ code: 0, stderr: "" });
    expect(await sh(["--extract", "/root/layout"])).toMatchObject({ code: 1 });
  });

  for (const stage of [...OURS, ...THEIRS]) {
    const { programs, peer } = stage.kind;
    const isThere =
      missingOf({ programs }).length === 0 && (peer === undefined || "program" in peer);
    if (!isThere) {
      it.skip(`${columnOf(stage)}: it is not there`, () => undefined);
      continue;
    }
    describe(columnOf(stage), () => {
      const registryOf = useStage(stage);

      it("gets all of it, and nothing twice", async () => {
        const { host: address, tls, account } = registryOf();
        if (tls !== undefined) await host.put(tls.ca, "/root/ca.crt");
        const args = [
          ...["--push", `${address}/${REPOSITORY}:${none.tag}`],
          ...(tls === undefined ? [] : ["--ca", "/root/ca.crt"]),
        ];
        const env: Record<string, string> =
          account === undefined
            ? {}
            : { HIATUS_USERNAME: account.username, HIATUS_PASSWORD: account.password };
        const first = await sh(args, env);
        expect(first).toMatchObject({ code: 0, stderr: "" });
        await expectInRegistry(registryOf(), REPOSITORY, none.tag, none);
        const again = await sh(args, env);
        expect(again).toMatchObject({ code: 0, stderr: "" });
        expect(again.stdout).toContain("nothing written");
      });
    });
  }
});

/** Runs `--load` with an alias that old nodes ask for. */
async function load(
  runtime: string,
  args: readonly string[],
  path: string | undefined = undefined,
) {
  const env =
    path === undefined ? process.env : { ...process.env, PATH: `${path}:${process.env.PATH}` };
  const command = ["dash", made.file, "--load", runtime, "--tag", ALIAS, "--tag", "3.9", ...args];
  expect(await runCommand(command, { env })).toMatchObject({ code: 0 });
}

describeWith({ programs: CONTAINERD_PROGRAMS, root: true }, "containerd", () => {
  let containerd: Containerd;
  beforeAll(async () => {
    containerd = await startContainerd();
  });
  afterAll(() => containerd?.stop());

  it("has every name, by tag and by digest, complete and pinned", async () => {
    const root = made.image.record.index.digest;
    await load("containerd", ["--address", containerd.socket, "--namespace", "test"]);
    // A second time changes nothing.
    await load("containerd", ["--address", containerd.socket, "--namespace", "test"]);
    const lines = (await containerd.ctr("images", "ls")).trim().split("\n").slice(1);
    expect(lines.map((line) => line.split(/\s+/)[0]).sort()).toEqual(
      [
        `registry.k8s.io/pause:${made.image.tag}`,
        "registry.k8s.io/pause:3.9",
        `registry.k8s.io/pause@${root}`,
        ALIAS,
        `k8s.gcr.io/pause@${root}`,
      ].sort(),
    );
    for (const line of lines) {
      expect(line).toContain(root);
      expect(line).toContain("io.cri-containerd.pinned=pinned");
    }
    expect(await containerd.ctr("images", "check")).not.toContain("incomplete");
    const said = await containerd.ctr("run", "--rm", ALIAS, "said", "/pause", "-v");
    expect(said).toBe(`pause.c ${made.image.tag}\n`);
  });
});

describeWith({ programs: DOCKER_PROGRAMS, root: true }, "docker", () => {
  let dockerd: Dockerd;
  beforeAll(async () => {
    dockerd = await startDockerd();
  });
  afterAll(() => dockerd?.stop());

  it("has every name, and no other platform's image", async () => {
    await load("docker", ["--address", `unix://${dockerd.folder}/docker.sock`]);
    const ids = (await dockerd.docker("images", "--quiet", "--no-trunc")).trim().split("\n");
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    expect(await dockerd.docker("run", "--rm", "--network", "none", ALIAS, "-v")).toBe(
      `pause.c ${made.image.tag}\n`,
    );
  });
});

describeWith({ programs: PODMAN_PROGRAMS, root: true }, "podman", () => {
  let podman: Podman;
  beforeAll(async () => {
    podman = await preparePodman();
  });
  afterAll(() => podman?.stop());

  it("has every name, and the manifest's digest", async () => {
    const bin = join(podman.folder, "bin");
    await mkdir(bin);
    const { folder } = podman;
    const wrapper = `#!/bin/sh
export CONTAINERS_CONF="${folder}/containers.conf" CONTAINERS_STORAGE_CONF="${folder}/storage.conf"
exec /usr/bin/podman --root "${folder}/root" --runroot "${folder}/run" "$@"
`;
    await writeFile(join(bin, "podman"), wrapper, { mode: 0o755 });
    await load("podman", [], bin);
    for (const name of [`registry.k8s.io/pause:${made.image.tag}`, ALIAS]) {
      const digest = (
        await podman.podman("image", "inspect", "--format", "{{.Digest}}", name)
      ).trim();
      expect(made.image.manifests).toContain(digest);
    }
  });
});

describe("k3s that does not run", () => {
  it("finds one archive in its folder, under the names that were wanted", async () => {
    const folder = await scratchFolder("k3s");
    await load("k3s", ["--data-dir", folder]);
    const file = join(folder, "agent", "images", `pause-${made.image.tag}.tar`);
    const index = await run(["tar", "-xOf", file, "index.json"]);
    expect(index).toContain(`"io.containerd.image.name":"${ALIAS}"`);
    expect(index).toContain(made.image.record.index.digest);
    expect((await run(["ls", "-A", join(folder, "agent", "images")])).trim()).toBe(
      `pause-${made.image.tag}.tar`,
    );
  });
});
