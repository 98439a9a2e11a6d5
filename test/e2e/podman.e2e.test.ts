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
import { expectNothingLeft, type Footprint, settledFootprint } from "../runtime/footprint.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";
import {
  PODMAN_GROWING,
  PODMAN_NAMESPACES,
  PODMAN_NETWORK_PROGRAMS,
  PODMAN_PROGRAMS,
  type Podman,
  preparePodman,
} from "../runtime/podman.ts";
import { namespaceOf, readProcess } from "../runtime/processes.ts";
import { until } from "../runtime/until.ts";
import { expectBuried, expectPauseFirst, STORMS } from "../runtime/walk.ts";

const programs = [...PODMAN_PROGRAMS, ...PODMAN_NETWORK_PROGRAMS, ...APP_PROGRAMS];

describeWith({ programs, root: true }, "podman pods", () => {
  let place: Podman;
  let image: PauseImage;
  let before: Footprint;
  let infra: string;
  let pause: number;

  const occupied = () => ({ ...place, held: PODMAN_NAMESPACES, growing: PODMAN_GROWING });
  const inspect = async (format: string, name: string) =>
    (await place.podman("inspect", "--format", format, name)).trim();
  const exec = (name: string, ...command: readonly string[]) =>
    place.podman("exec", name, ...command);
  const createPod = async (name: string) =>
    place.podman(
      ...["pod", "create", "--name", name, "--infra-image", image.name],
      ...["--share", "net,ipc,uts,pid", "--network", "walk"],
      ...["--cgroup-parent", place.cgroup.path],
    );
  const join = (pod: string, name: string, ...command: readonly string[]) =>
    place.podman("run", "--detach", "--pod", pod, "--name", name, APP_IMAGE, ...command.slice(1));

  beforeAll(async () => {
    place = await preparePodman({ network: "walk" });
    image = await buildPause(place.folder);
    await place.podman("load", "--quiet", "--input", image.archive);
    await place.podman("load", "--quiet", "--input", await buildAppImage(place.folder));
    // The first pod makes the bridge and some folders, which stay.
    await createPod("warm");
    await join("warm", "app", BUSYBOX, "sleep", "1d");
    await place.podman("pod", "rm", "--force", "--time", "1", "warm");
    before = await settledFootprint(occupied());
    await createPod("pod");
    await join("pod", "web", ...WEB_SERVER);
    await join("pod", "second", BUSYBOX, "sleep", "1d");
    infra = await place.podman("pod", "inspect", "--format", "{{.InfraContainerID}}", "pod");
    infra = infra.trim();
    pause = Number(await inspect("{{.State.Pid}}", infra));
  });
  afterAll(() => place.stop());

  it("has our image hold the pod", async () => {
    expect(image.configs).toContain(`sha256:${await inspect("{{.Image}}", infra)}`);
    expect(readProcess(pause)?.command).toBe("/pause");
  });

  it("shows pause as PID 1 in every container", async () => {
    for (const name of ["web", "second"]) {
      await expectPauseFirst((...command) => exec(name, ...command));
    }
  });

  it("shares network, IPC, UTS and PID namespaces, and nothing else", async () => {
    for (const name of ["web", "second"]) {
      const pid = Number(await inspect("{{.State.Pid}}", name));
      for (const kind of ["net", "ipc", "uts", "pid"] as const) {
        expect(namespaceOf(pid, kind), `${kind} of ${name}`).toBe(namespaceOf(pause, kind));
      }
      expect(namespaceOf(pid, "mnt"), name).not.toBe(namespaceOf(pause, "mnt"));
    }
    expect(namespaceOf(pause, "net")).not.toBe(namespaceOf(process.pid, "net"));
  });

  it("answers the page to its own containers and on its own address", async () => {
    const fetchPage = (host: string) =>
      until("the web server", async () => {
        const url = `http://${host}:8080/`;
        const { code, stdout } = await place.attempt(
          "exec",
          "second",
          BUSYBOX,
          "wget",
          "-qO-",
          url,
        );
        return code === 0 && stdout;
      });
    expect(await fetchPage("127.0.0.1")).toBe(PAGE);
    const address = await inspect(
      "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
      infra,
    );
    expect(address).toMatch(/^198\.18\.4[4-7]\./);
    expect(await fetchPage(address)).toBe(PAGE);
  });

  it.each(STORMS)("buries the orphans of a %s of %i without waking up", async (kind, count) => {
    const second = (...command: readonly string[]) => exec("second", ...command);
    await expectBuried(pause, second, kind, count);
  });

  it("stops pause long before it would be killed, with exit code 0", async () => {
    await place.podman("stop", "--time", "1", "web", "second");
    const { ms } = await timed(() => place.podman("pod", "stop", "pod"));
    console.info(`podman pod stop: ${ms} ms`);
    expect(await inspect("{{.State.ExitCode}}", infra)).toBe("0");
    expect(ms).toBeLessThan(5_000);
    expect(readProcess(pause)).toBeUndefined();
  });

  it("leaves nothing behind", async () => {
    await place.podman("pod", "rm", "--force", "pod");
    await expectNothingLeft(before, occupied());
  });
});
