import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { APP_IMAGE, APP_PROGRAMS, BUSYBOX, buildAppImage, ORPHANS } from "../runtime/app-image.ts";
import { timed } from "../runtime/clock.ts";
import { attempt } from "../runtime/command.ts";
import { CONTAINERD_GROWING, CONTAINERD_PROGRAMS, startContainerd } from "../runtime/containerd.ts";
import { connectCri } from "../runtime/cri/client.ts";
import { DOCKER_GROWING, DOCKER_PROGRAMS, startDockerd } from "../runtime/dockerd.ts";
import { makeFolder, removeFolder } from "../runtime/folder.ts";
import {
  expectNothingLeft,
  type Footprint,
  type Occupied,
  settledFootprint,
} from "../runtime/footprint.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";
import {
  PODMAN_GROWING,
  PODMAN_NAMESPACES,
  PODMAN_NETWORK_PROGRAMS,
  PODMAN_PROGRAMS,
  preparePodman,
} from "../runtime/podman.ts";
import { runPod } from "../runtime/pods.ts";

/** Pods for each runtime. */
const COUNT = Number(process.env.HIATUS_E2E_PODS || 200);

/** Orphans that each pod has to bury. */
const ORPHANS_EACH = 100;

/** Bytes that a runtime may keep of each pod, in files that are not known to grow. */
const SLACK_EACH = 512;

/** A runtime that makes and removes pods. */
interface Cycling {
  readonly occupied: Occupied;
  /** Makes a pod, has it bury orphans, ends it and removes it. */
  cycle(name: string): Promise<void>;
  stop(): Promise<void>;
}

const bury = [ORPHANS, "storm", String(ORPHANS_EACH)] as const;
const buried = `orphans made=${ORPHANS_EACH} failed=0\n`;
const sleep = [BUSYBOX, "sleep", "1d"] as const;

const runtimes = [
  { runtime: "dockerd", programs: DOCKER_PROGRAMS, start: startDocker },
  { runtime: "containerd", programs: CONTAINERD_PROGRAMS, start: startCri },
  {
    runtime: "podman",
    programs: [...PODMAN_PROGRAMS, ...PODMAN_NETWORK_PROGRAMS],
    start: startPodman,
  },
];

describe.each(runtimes)("pods in a row", ({ runtime, programs, start }) => {
  describeWith({ programs: [...programs, ...APP_PROGRAMS, "ip"], root: true }, runtime, () => {
    let folder: string;
    let cycling: Cycling;
    let before: Footprint;

    beforeAll(async () => {
      folder = await makeFolder();
      cycling = await start(await buildPause(folder), await buildAppImage(folder));
      // The first pod makes what stays.
      await cycling.cycle("first");
      before = await settledFootprint(cycling.occupied);
    });
    afterAll(async () => {
      await cycling?.stop();
      await removeFolder(folder);
    });

    it(
      `${runtime} makes and removes ${COUNT} pods and keeps nothing of them`,
      async () => {
        const { ms } = await timed(async () => {
          for (let pod = 1; pod <= COUNT; pod += 1) await cycling.cycle(`pod-${pod}`);
        });
        console.info(`${runtime}: ${COUNT} pods in ${Math.round(ms / 1000)} s`);
        await expectNothingLeft(before, cycling.occupied, COUNT * SLACK_EACH);
      },
      COUNT * 15_000 + 60_000,
    );
  });
});

async function startDocker(image: PauseImage, app: string): Promise<Cycling> {
  const dockerd = await startDockerd();
  const { docker } = dockerd;
  const bridge = `hia${randomBytes(4).toString("hex")}`;
  for (const archive of [image.archive, app]) await docker("load", "--quiet", "--input", archive);
  const named = ["--opt", `com.docker.network.bridge.name=${bridge}`];
  await docker("network", "create", "--subnet", "198.18.46.0/24", ...named, "walk");
  return {
    occupied: { ...dockerd, bridge, growing: DOCKER_GROWING },
    async cycle(name) {
      const pause = ["--name", name, "--network", "walk", "--ipc=shareable", image.name];
      await docker("run", "--detach", ...pause);
      const joined = ["net", "ipc", "pid"].map((kind) => `--${kind}=container:${name}`);
      const app = ["--name", `${name}-app`, ...joined, APP_IMAGE, ...sleep.slice(1)];
      await docker("run", "--detach", ...app);
      expect(await docker("exec", `${name}-app`, ...bury)).toBe(buried);
      expect(await docker("exec", `${name}-app`, ORPHANS, "scan")).toMatch(/^zombies=0 /);
      await docker("stop", name);
      expect(await docker("inspect", "--format", "{{.State.ExitCode}}", name)).toBe("0\n");
      await docker("rm", "--force", name, `${name}-app`);
    },
    async stop() {
      await dockerd.stop();
      await attempt(["ip", "link", "delete", bridge]);
    },
  };
}

async function startCri(image: PauseImage, app: string): Promise<Cycling> {
  const bridge = `hia${randomBytes(4).toString("hex")}`;
  const containerd = await startContainerd({ cri: { sandboxImage: image.name, bridge } });
  await containerd.ctr("images", "import", "--all-platforms", image.archive);
  await containerd.ctr("images", "import", app);
  const cri = connectCri(containerd.socket);
  const namespaces = { network: "POD", ipc: "POD", pid: "POD" } as const;
  return {
    occupied: { ...containerd, bridge, growing: CONTAINERD_GROWING },
    async cycle(name) {
      const pod = await runPod(cri, containerd, { name, namespaces });
      const container = await pod.start("app", APP_IMAGE, sleep);
      expect(await pod.exec(container, ...bury)).toMatchObject({ code: 0, stdout: buried });
      expect((await pod.exec(container, ORPHANS, "scan")).stdout).toMatch(/^zombies=0 /);
      await pod.remove();
    },
    async stop() {
      cri.close();
      await containerd.stop();
    },
  };
}

async function startPodman(image: PauseImage, app: string): Promise<Cycling> {
  const place = await preparePodman({ network: "walk" });
  const { podman } = place;
  for (const archive of [image.archive, app]) await podman("load", "--quiet", "--input", archive);
  return {
    occupied: { ...place, held: PODMAN_NAMESPACES, growing: PODMAN_GROWING },
    async cycle(name) {
      const shared = ["--share", "net,ipc,uts,pid", "--network", "walk"];
      const parent = ["--cgroup-parent", place.cgroup.path];
      const infra = ["--infra-image", image.name, "--infra-name", `${name}-infra`];
      await podman("pod", "create", "--name", name, ...infra, ...shared, ...parent);
      const app = ["--pod", name, "--name", `${name}-app`, APP_IMAGE, ...sleep.slice(1)];
      await podman("run", "--detach", ...app);
      expect(await podman("exec", `${name}-app`, ...bury)).toBe(buried);
      expect(await podman("exec", `${name}-app`, ORPHANS, "scan")).toMatch(/^zombies=0 /);
      await podman("stop", `${name}-infra`);
      const code = ["inspect", "--format", "{{.State.ExitCode}}", `${name}-infra`];
      expect(await podman(...code)).toBe("0\n");
      await podman("pod", "rm", "--force", "--time", "1", name);
    },
    stop: place.stop,
  };
}
