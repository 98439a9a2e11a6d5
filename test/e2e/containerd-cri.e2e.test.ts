import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  APP_IMAGE,
  APP_PROGRAMS,
  BUSYBOX,
  buildAppImage,
  ORPHANS,
  PAGE,
  WEB_SERVER,
} from "../runtime/app-image.ts";
import { timed } from "../runtime/clock.ts";
import {
  CONTAINERD_GROWING,
  CONTAINERD_PROGRAMS,
  type Containerd,
  startContainerd,
} from "../runtime/containerd.ts";
import { type Cri, connectCri } from "../runtime/cri/client.ts";
import { makeFolder, removeFolder } from "../runtime/folder.ts";
import { expectNothingLeft, type Footprint, settledFootprint } from "../runtime/footprint.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";
import { type Pod, runPod } from "../runtime/pods.ts";
import { childrenOf, namespaceOf, readProcess } from "../runtime/processes.ts";
import { until } from "../runtime/until.ts";
import { type Exec, expectBuried, expectPauseFirst, STORMS } from "../runtime/walk.ts";

const programs = [...CONTAINERD_PROGRAMS, ...APP_PROGRAMS, "ip"];
const SLEEP = [BUSYBOX, "sleep", "1d"];

describeWith({ programs, root: true }, "containerd by its CRI socket", () => {
  const bridge = `hia${randomBytes(4).toString("hex")}`;
  let images: string;
  let image: PauseImage;
  let containerd: Containerd;
  let cri: Cri;
  let before: Footprint;

  const occupied = () => ({ ...containerd, bridge, growing: CONTAINERD_GROWING });
  const byDigest = () => `${image.record.repository}@${image.record.index.digest}`;
  const isolated = (pid: "POD" | "CONTAINER") => ({ network: "POD", ipc: "POD", pid }) as const;

  beforeAll(async () => {
    images = await makeFolder();
    image = await buildPause(images);
    containerd = await startContainerd({ cri: { sandboxImage: image.name, bridge } });
    await containerd.ctr("images", "import", "--all-platforms", image.archive);
    await containerd.ctr("images", "tag", image.name, byDigest());
    await containerd.ctr("images", "import", await buildAppImage(images));
    cri = connectCri(containerd.socket);
    // The first pod makes the bridge and some folders, which stay.
    const warm = await runPod(cri, containerd, { name: "warm", namespaces: isolated("POD") });
    await warm.start("app", APP_IMAGE, SLEEP);
    await warm.remove();
    before = await settledFootprint(occupied());
  });
  afterAll(async () => {
    cri?.close();
    await containerd?.stop();
    await removeFolder(images);
  });

  async function expectNoPods(): Promise<void> {
    expect((await cri.runtime.ListPodSandbox({})).items).toEqual([]);
    expect((await cri.runtime.ListContainers({})).containers).toEqual([]);
    await expectNothingLeft(before, occupied());
  }

  it("is ready and knows our image by name and by digest", async () => {
    const version = await cri.runtime.Version({});
    console.info(`${version.runtime_name} ${version.runtime_version}`);
    const { status } = await cri.runtime.Status({});
    expect(status.conditions.filter((condition) => !condition.status)).toEqual([]);
    const found = await cri.images.ImageStatus({ image: { image: image.name } });
    expect(found.image?.repo_tags).toEqual([image.name]);
    expect(found.image?.repo_digests).toEqual([byDigest()]);
    expect(image.configs).toContain(found.image?.id);
  });

  describe("a pod with one PID namespace", () => {
    let pod: Pod;
    let web: string;
    let second: string;
    const execIn =
      (container: string): Exec =>
      async (...command) => {
        const { stdout, ...rest } = await pod.exec(container, ...command);
        expect(rest).toEqual({ code: 0, stderr: "" });
        return stdout;
      };

    beforeAll(async () => {
      pod = await runPod(cri, containerd, { name: "shared", namespaces: isolated("POD") });
    });

    it("runs its init container, then its containers, with pause as PID 1 of all", async () => {
      const look = `[ "$(cat /proc/1/cmdline | tr -d '\\0')" = /pause ]`;
      await pod.runInit("init", APP_IMAGE, [BUSYBOX, "sh", "-c", look]);
      web = await pod.start("web", APP_IMAGE, WEB_SERVER);
      second = await pod.start("second", APP_IMAGE, SLEEP);
      for (const container of [web, second]) await expectPauseFirst(execIn(container));
    });

    it("runs the program that was built, as the user that the image names", async () => {
      expect(readProcess(pod.pid)?.command).toBe("/pause");
      const { stdout } = await pod.exec(second, BUSYBOX, "stat", "-c", "%u:%g", "/proc/1");
      expect(stdout).toBe("65535:65535\n");
    });

    it("has one name, one network and one IPC namespace", async () => {
      expect((await pod.exec(web, BUSYBOX, "hostname")).stdout).toBe("shared\n");
      const page = await until("the web server", async () => {
        const { code, stdout } = await pod.exec(
          second,
          ...[BUSYBOX, "wget", "-qO-", "http://127.0.0.1:8080/"],
        );
        return code === 0 && stdout;
      });
      expect(page).toBe(PAGE);
      await pod.exec(web, BUSYBOX, "sh", "-c", "echo shared > /dev/shm/note");
      expect((await pod.exec(second, BUSYBOX, "cat", "/dev/shm/note")).stdout).toBe("shared\n");
    });

    it("answers other pods on its own address", async () => {
      const other = await runPod(cri, containerd, { name: "other", namespaces: isolated("POD") });
      const client = await other.start("client", APP_IMAGE, SLEEP);
      const url = `http://${pod.ip}:8080/`;
      const answer = await other.exec(client, BUSYBOX, "wget", "-qO-", url);
      await other.remove();
      expect(answer).toEqual({ code: 0, stdout: PAGE, stderr: "" });
    });

    it("buries what an exec leaves behind", async () => {
      const { code } = await pod.exec(second, BUSYBOX, "sh", "-c", "sleep 0.1 & exit 7");
      expect(code).toBe(7);
      await until("the orphan to be buried", () => childrenOf(pod.pid).length === 0);
    });

    it.each(STORMS)("buries the orphans of a %s of %i without waking up", (kind, count) =>
      expectBuried(pod.pid, execIn(second), kind, count),
    );

    it("goes without a trace", async () => {
      const { ms } = await timed(() => pod.remove());
      console.info(`pod with two containers stopped and removed: ${ms} ms`);
      expect(readProcess(pod.pid)).toBeUndefined();
      await expectNoPods();
    });
  });

  it("runs a pod whose containers have PID namespaces of their own", async () => {
    const pod = await runPod(cri, containerd, { name: "own", namespaces: isolated("CONTAINER") });
    const container = await pod.start("app", APP_IMAGE, SLEEP);
    const { stdout } = await pod.exec(container, BUSYBOX, "cat", "/proc/1/cmdline");
    expect(stdout.split("\0").slice(0, 2)).toEqual([BUSYBOX, "sleep"]);
    expect((await pod.exec(container, BUSYBOX, "hostname")).stdout).toBe("own\n");
    expect(readProcess(pod.pid)?.command).toBe("/pause");
    await pod.remove();
    await expectNoPods();
  });

  it("runs a pod in the network of the host", async () => {
    const namespaces = { network: "NODE", pid: "POD", ipc: "POD" } as const;
    const pod = await runPod(cri, containerd, { name: "host", namespaces });
    expect(namespaceOf(pod.pid, "net")).toBe(namespaceOf(process.pid, "net"));
    expect(namespaceOf(pod.pid, "pid")).not.toBe(namespaceOf(process.pid, "pid"));
    const container = await pod.start("app", APP_IMAGE, SLEEP);
    expect((await pod.exec(container, BUSYBOX, "hostname")).stdout).toBe(`${hostname()}\n`);
    expect((await pod.exec(container, ORPHANS, "storm", "1000")).code).toBe(0);
    expect((await pod.exec(container, ORPHANS, "scan")).stdout).toMatch(/^zombies=0 /);
    await pod.remove();
    await expectNoPods();
  });

  it("leaves with exit code 0 when its sandbox gets SIGTERM", async () => {
    const watch = await containerd.watch();
    const pod = await runPod(cri, containerd, { name: "ended", namespaces: isolated("POD") });
    const happened = (what: string) =>
      watch
        .events()
        .split("\n")
        .find((line) => line.includes(what) && line.includes(pod.id));
    await until("the start to be seen", () => happened("/tasks/start"));
    await containerd.ctr("tasks", "kill", "--signal", "SIGTERM", pod.id);
    const exit = await until("pause to leave", () => happened("/tasks/exit"));
    // Zero is left out of what is printed; after SIGKILL it would be 137.
    expect(exit).not.toContain("exit_status");
    await until("containerd to notice", async () => {
      const { status } = await cri.runtime.PodSandboxStatus({ pod_sandbox_id: pod.id });
      return status.state === "SANDBOX_NOTREADY";
    });
    await pod.remove();
    await watch.stop();
    await expectNoPods();
  });
});
