import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { describeCell } from "../interop/matrix.ts";
import { PEERS, programOf } from "../interop/peers.ts";
import { hiatusCommand } from "../interop/registries/hiatus.ts";
import { scratchFolder } from "../interop/stages.ts";
import { PATH, run } from "../runtime/command.ts";
import { connectCri } from "../runtime/cri/client.ts";
import { CRI_DOCKERD_PROGRAMS, startDockerNode } from "../runtime/cri-dockerd.ts";
import { type Bundle, NAME, runScript } from "./bundles.ts";
import {
  cellIn,
  describeLoadedPods,
  expectFlagSeen,
  expectMended,
  plainBundle,
  UNREACHABLE,
  type Way,
} from "./cri-node.ts";
import { LIFE_PROGRAMS, livePod } from "./pod-life.ts";
import { configure, doctor, type Ward, writeBelow } from "./ward.ts";

const peers = inject("programs");
const plain = plainBundle();
const { name, tag } = plain;
const version = PEERS["cri-dockerd"].version.slice(1);
const column = `pod, cri-dockerd ${version.replace(/\.\d+$/, "")}`;
const participants = [
  { programs: [...CRI_DOCKERD_PROGRAMS, ...LIFE_PROGRAMS], peer: peers["cri-dockerd"] },
  { programs: [], peer: peers.crictl },
];

const UNIT = "/lib/systemd/system/cri-docker.service";
const DROP_IN = "/etc/systemd/system/cri-docker.service.d/50-hiatus-pause.conf";

/** Docker, and cri-dockerd as it is started by what the command prints. */
async function startNode() {
  const bridge = `hia${randomBytes(4).toString("hex")}`;
  const node = await startDockerNode(programOf(peers["cri-dockerd"]), bridge);
  const { folder, socket, docker } = node;
  const use = (image: string) =>
    configure(
      node,
      ...["--runtime", "docker", "--kubernetes", "1.34", "--runtime-version", version],
      ...["--existing", join(folder, UNIT), "--image", image],
    );
  const restart = async () => {
    const starts = (await readFile(join(folder, DROP_IN), "utf8")).matchAll(/^ExecStart=(.*)$/gm);
    await node.restart([...starts].at(-1)?.[1] ?? "");
  };
  try {
    await writeBelow(folder, UNIT, node.unit);
    await use(name);
    await restart();
  } catch (error) {
    await node.stop();
    throw error;
  }
  const cri = connectCri(socket);
  const env = {
    PATH: `${dirname(programOf(peers.crictl))}:${PATH}`,
    DOCKER_HOST: `unix://${join(folder, "docker.sock")}`,
  };
  const ward: Ward = { folder, env, restart };
  const pidOf = async (sandbox: string) =>
    Number(await docker("inspect", "--format", "{{.State.Pid}}", sandbox));
  return {
    ...ward,
    node,
    cri,
    use,
    docker,
    live: () => livePod(cri, node, "pod", pidOf),
    async forget() {
      const ids = (await docker("images", "--quiet", "--no-trunc")).split("\n").filter(Boolean);
      if (ids.length > 0) await docker("rmi", "--force", ...new Set(ids));
    },
    async stop() {
      cri.close();
      await node.stop();
    },
  };
}

type DockerNode = Awaited<ReturnType<typeof startNode>>;

const hiatusLoad = ({ env }: DockerNode, file: string, ...more: readonly string[]) =>
  run([...hiatusCommand(), "load", file, "--into", "docker", ...more], { env });

/** One way with everything that there is, the others with what they may make something else of. */
const isTold = (choice: Bundle["choice"]) => choice === "all" || choice === "names";

const WAYS: readonly Way<DockerNode>[] = [
  {
    name: "hiatus load",
    reads: () => true,
    load: (node, { file }) => hiatusLoad(node, file),
  },
  {
    name: "docker load",
    reads: ({ form, choice }) => isTold(choice) && (form === ".tar" || form === ".tar.gz"),
    load: ({ docker }, { file }) => docker("load", "--quiet", "--input", file),
  },
  {
    name: "--load docker",
    reads: ({ form, choice }) => isTold(choice) && form === ".run",
    load: ({ env }, bundle) => runScript(bundle, ["--load", "docker"], env),
  },
];

describe("pods on a node of Docker that no registry can be reached from", () => {
  describeLoadedPods({ column, participants, ways: WAYS, start: startNode });
});

describeCell(
  cellIn(column, "hiatus doctor"),
  participants,
  "hiatus doctor on a node of Docker",
  () => {
    let node: DockerNode;
    const ask = (...more: readonly string[]) =>
      doctor(node, "--kubernetes", "1.34", "--expect", `oci-archive:${plain.file}:${tag}`, ...more);
    const expectAllMended = (wrong: string) => expectMended(node, ask, wrong);

    beforeAll(async () => {
      node = await startNode();
    });
    afterEach(() => node?.forget());
    afterAll(() => node?.stop());

    it("is content after hiatus load", async () => {
      await hiatusLoad(node, plain.file);
      expect(await ask()).toMatchObject({ code: 0, verdict: "healthy", wrong: [] });
    });

    it("misses an image", async () => {
      await expect(node.live()).rejects.toThrow(UNREACHABLE);
      await expectAllMended("docker, present");
    });

    it("sees that it is for another platform", async () => {
      await hiatusLoad(node, plain.file, "--platform", "linux/arm64");
      await expectAllMended("docker, platform");
    });

    it("sees that it is another one", async () => {
      const folder = await scratchFolder("other");
      await writeFile(join(folder, "pause"), "another program");
      await run(["tar", "-cf", join(folder, "x.tar"), "-C", folder, "pause"]);
      await node.docker("import", join(folder, "x.tar"), name);
      await expectAllMended("docker, digest");
    });

    it.each([
      ["has other bytes", (file: string) => writeFile(file, Buffer.alloc(705, 7))],
      ["is cut", (file: string) => writeFile(file, "")],
      ["is gone", (file: string) => rm(file)],
    ])("sees that a file of it %s", async (_, damage) => {
      // Another name of it must not keep the damage.
      await hiatusLoad(node, plain.file, "--tag", `${tag},other`);
      const layers = join(node.folder, "docker", "overlay2");
      const [file = ""] = (await run(["find", layers, "-path", "*/diff/pause"])).split("\n");
      await damage(file);
      await expectAllMended("docker, complete");
    });

    it("sees that cri-dockerd was not started again", async () => {
      await hiatusLoad(node, plain.file, "--tag", `${tag},other`);
      await node.use(`${NAME}:other`);
      await node.docker("rmi", name);
      try {
        await expectAllMended("docker, pinned");
      } finally {
        await node.use(name);
        await node.restart();
      }
    });

    it("writes names of Docker's own registry as Docker does, or they are not pinned", async () => {
      const image = `docker.io/rancher/mirrored-pause:${tag}`;
      const named = ["--name", "docker.io/rancher/mirrored-pause"];
      try {
        await node.use(image);
        await node.restart();
        await hiatusLoad(node, plain.file, ...named);
        expect(await ask()).toMatchObject({ code: 0, verdict: "healthy", wrong: [] });

        const drop = await readFile(join(node.folder, DROP_IN), "utf8");
        await writeBelow(node.folder, DROP_IN, drop.replace("=rancher/", "=docker.io/rancher/"));
        await node.restart();
        const verdict = await ask();
        expect(verdict).toMatchObject({ code: 3, wrong: ["docker, pinned"] });
        const [deed] = verdict.findings.flatMap((one) => one.mend ?? []);
        expect(deed).toContain(`--pod-infra-container-image=rancher/mirrored-pause:${tag}`);
      } finally {
        await node.use(name);
        await node.restart();
      }
    });

    it("sees that the kubelet keeps another one, and a flag that 1.35 does not know", async () => {
      await hiatusLoad(node, plain.file);
      await expectFlagSeen(node, ask);
    });
  },
  { root: true },
);
