import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  APP_IMAGE,
  APP_PROGRAMS,
  BUSYBOX,
  buildAppImage,
  PAGE,
  WEB_SERVER,
} from "../runtime/app-image.ts";
import { timed } from "../runtime/clock.ts";
import { attempt } from "../runtime/command.ts";
import { DOCKER_GROWING, DOCKER_PROGRAMS, type Dockerd, startDockerd } from "../runtime/dockerd.ts";
import { expectNothingLeft, type Footprint, settledFootprint } from "../runtime/footprint.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";
import { namespaceOf, readProcess } from "../runtime/processes.ts";
import { until } from "../runtime/until.ts";
import { expectBuried, expectPauseFirst, STORMS } from "../runtime/walk.ts";

/** The walk-through by which pause is explained everywhere: a pod out of Docker's parts. */
describeWith(
  { programs: [...DOCKER_PROGRAMS, ...APP_PROGRAMS, "ip"], root: true },
  "dockerd",
  () => {
    let dockerd: Dockerd;
    let image: PauseImage;
    let before: Footprint;
    const bridge = `hia${randomBytes(4).toString("hex")}`;
    const joined = ["--net=container:pause", "--ipc=container:pause", "--pid=container:pause"];
    const occupied = () => ({ ...dockerd, bridge, growing: DOCKER_GROWING });
    const pidOf = async (name: string) =>
      Number(await dockerd.docker("inspect", "--format", "{{.State.Pid}}", name));
    const exec = (name: string, ...command: readonly string[]) =>
      dockerd.docker("exec", name, ...command);

    beforeAll(async () => {
      dockerd = await startDockerd();
      image = await buildPause(dockerd.folder);
      await dockerd.docker("load", "--quiet", "--input", image.archive);
      await dockerd.docker("load", "--quiet", "--input", await buildAppImage(dockerd.folder));
      // The first container makes what stays.
      await dockerd.docker("run", "--rm", "--network", "none", image.name, "-v");
      before = await settledFootprint(occupied());
      const named = ["--opt", `com.docker.network.bridge.name=${bridge}`];
      await dockerd.docker("network", "create", "--subnet", "198.18.43.0/24", ...named, "pod");
      const published = ["--network", "pod", "--publish", "127.0.0.1::8080"];
      const start = ["run", "--detach", "--name"];
      await dockerd.docker(...start, "pause", "--ipc=shareable", ...published, image.name);
      await dockerd.docker(...start, "web", ...joined, APP_IMAGE, ...WEB_SERVER.slice(1));
      await dockerd.docker(...start, "second", ...joined, APP_IMAGE, "sleep", "1d");
    }, 180_000);
    afterAll(async () => {
      await dockerd.stop();
      await attempt(["ip", "link", "delete", bridge]);
    }, 60_000);

    it("shows pause as PID 1 in every container", async () => {
      for (const name of ["web", "second"]) {
        await expectPauseFirst((...command) => exec(name, ...command));
      }
    });

    it("holds the namespaces that the others have joined", async () => {
      const pause = await pidOf("pause");
      for (const name of ["web", "second"]) {
        const pid = await pidOf(name);
        for (const kind of ["net", "ipc", "pid"] as const) {
          expect(namespaceOf(pid, kind), `${kind} of ${name}`).toBe(namespaceOf(pause, kind));
        }
        expect(namespaceOf(pid, "mnt"), name).not.toBe(namespaceOf(pause, "mnt"));
      }
    });

    it("answers the page through the published port of pause", async () => {
      const [address = ""] = (await dockerd.docker("port", "pause", "8080/tcp")).trim().split("\n");
      const page = await until("the web server", () =>
        fetch(`http://${address}/`).then(
          (response) => response.text(),
          () => undefined,
        ),
      );
      expect(page).toBe(PAGE);
      expect(await exec("second", BUSYBOX, "wget", "-qO-", "http://127.0.0.1:8080/")).toBe(PAGE);
    });

    it("shares the memory of its IPC namespace", async () => {
      await exec("web", BUSYBOX, "sh", "-c", "echo shared > /dev/shm/note");
      expect(await exec("second", BUSYBOX, "cat", "/dev/shm/note")).toBe("shared\n");
    });

    it.each(STORMS)("buries the orphans of a %s of %i without waking up", async (kind, count) => {
      const second = (...command: readonly string[]) => exec("second", ...command);
      await expectBuried(await pidOf("pause"), second, kind, count);
    });

    it("stops within a moment, with exit code 0, and takes the pod with it", async () => {
      const pids = await Promise.all(["pause", "web", "second"].map(pidOf));
      const { ms } = await timed(() => dockerd.docker("stop", "pause"));
      console.info(`docker stop of a pod: ${ms} ms`);
      const format = "{{.State.ExitCode}}";
      expect((await dockerd.docker("inspect", "--format", format, "pause")).trim()).toBe("0");
      expect((await dockerd.attempt("logs", "pause")).stderr).toBe(
        "Shutting down, got signal: Terminated\n",
      );
      // Docker kills after ten seconds; the one second holds on a machine that is not busy.
      expect(ms).toBeLessThan(5_000);
      expect(pids.map(readProcess)).toEqual([undefined, undefined, undefined]);
    });

    it("leaves nothing behind", async () => {
      await dockerd.docker("rm", "--force", "pause", "web", "second");
      await dockerd.docker("network", "rm", "pod");
      await expectNothingLeft(before, occupied());
    });
  },
);
