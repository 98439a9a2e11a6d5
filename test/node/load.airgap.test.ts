import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { NAME } from "../airgap/bundles.ts";
import { NODE_PROGRAMS, type Node, startNode } from "../airgap/node.ts";
import { hiatusCommand } from "../interop/registries/hiatus.ts";
import { attempt, run } from "../runtime/command.ts";
import { DOCKER_PROGRAMS, type Dockerd, startDockerd } from "../runtime/dockerd.ts";
import { describeWith } from "../runtime/needs.ts";
import { PODMAN_PROGRAMS, type Podman, preparePodman } from "../runtime/podman.ts";
import { until } from "../runtime/until.ts";

const bundle = inject("bundles").find(({ choice }) => choice === "all");
const file = bundle?.file ?? "";
const name = bundle?.name ?? "";

describeWith(
  { programs: NODE_PROGRAMS, root: true },
  "hiatus load into a node's containerd",
  () => {
    let node: Node;

    beforeAll(async () => {
      node = await startNode({ sandboxImage: name });
    });
    afterAll(() => node?.stop());

    it("lets pods start with no registry, and gives name, digest and pin", async () => {
      await expect(node.runPod("nothing")).rejects.toThrow(/failed to (?:pull|get)/);
      const where = ["--into", "containerd", "--address", node.containerd.socket];
      const load = [...hiatusCommand(), "load", file, ...where, "--json"];
      expect(JSON.parse(await run(load))).toMatchObject({ status: "loaded" });
      const byDigest = `${NAME}@${bundle?.root}`;
      await until("the CRI to know the digest", async () =>
        (await node.imageOf(name))?.digests.includes(byDigest),
      );
      // The CRI of containerd 1.6.20 hears of a pin only when it starts, as the command says.
      const label = "io.cri-containerd.pinned=pinned";
      expect(await node.containerd.ctr("images", "ls", `name==${name}`)).toContain(label);
      expect(await node.runPod("loaded")).toBe("/pause");
      expect(JSON.parse(await run(load))).toMatchObject({ status: "present" });
    });
  },
);

describeWith({ programs: DOCKER_PROGRAMS, root: true }, "hiatus load into dockerd", () => {
  let dockerd: Dockerd;

  beforeAll(async () => {
    dockerd = await startDockerd();
  });
  afterAll(() => dockerd?.stop());

  it("brings the node's platform under its name, and finds nothing to do afterwards", async () => {
    const address = `unix://${dockerd.folder}/docker.sock`;
    const load = [
      ...hiatusCommand(),
      "load",
      file,
      "--into",
      "docker",
      "--address",
      address,
      "--json",
    ];
    expect(JSON.parse(await run(load))).toMatchObject({ status: "loaded" });
    expect((await dockerd.docker("image", "inspect", "--format", "{{.Id}}", name)).trim()).toBe(
      bundle?.config,
    );
    expect(JSON.parse(await run(load))).toMatchObject({ status: "present" });
  });
});

describe("hiatus load into podman", () => {
  describeWith({ programs: PODMAN_PROGRAMS, root: true }, "with a place of its own", () => {
    let podman: Podman;

    beforeAll(async () => {
      podman = await preparePodman();
    });
    afterAll(() => podman?.stop());

    it("brings every name, and finds nothing to do afterwards", async () => {
      const env = {
        CONTAINERS_CONF: `${podman.folder}/containers.conf`,
        CONTAINERS_STORAGE_CONF: `${podman.folder}/storage.conf`,
      };
      const names = ["--tag", `${bundle?.tag},3.9`];
      const load = [...hiatusCommand(), "load", file, "--into", "podman", ...names, "--json"];
      const first = await attempt(load, { env });
      expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(first.stdout)).toMatchObject({ status: "loaded" });
      const id = await run(["podman", "image", "inspect", "--format", "{{.Id}}", `${NAME}:3.9`], {
        env,
      });
      expect(`sha256:${id.trim()}`).toBe(bundle?.config);
      expect(JSON.parse(await run(load, { env }))).toMatchObject({ status: "present" });
    });
  });
});
