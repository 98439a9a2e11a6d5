import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage, VARIANTS } from "../runtime/pause-image.ts";
import { PODMAN_PROGRAMS, type Podman, preparePodman } from "../runtime/podman.ts";
import { type Client, expectGentleStop, expectVersion } from "../runtime/short-life.ts";

describeWith({ programs: PODMAN_PROGRAMS, root: true }, "podman", () => {
  let place: Podman;

  beforeAll(async () => {
    place = await preparePodman();
  }, 120_000);
  afterAll(() => place.stop(), 60_000);

  describe.each(VARIANTS)("$variant", ({ format, inline }) => {
    let image: PauseImage;
    const client = (): Client => ({
      name: "podman",
      flags: ["--network", "none", "--cgroup-parent", place.cgroup.path],
      run: place.podman,
      attempt: place.attempt,
    });

    beforeAll(async () => {
      image = await buildPause(place.folder, { format, inline });
      await place.podman("load", "--quiet", "--input", image.archive);
    });
    afterAll(async () => {
      await place.podman("rmi", "--force", image.name);
    });

    it("loads the archive under its name and with its index", async () => {
      const listed = await place.podman(
        ...["images", "--digests", "--format", "{{.Repository}}:{{.Tag}} {{.Digest}}"],
      );
      expect(listed.trim()).toBe(`${image.name} ${image.record.index.digest}`);
    });

    it("has the config and the user that were built", async () => {
      const format = "{{.Id}} {{.User}} {{json .Config.Entrypoint}}";
      const [id, user, entrypoint] = (
        await place.podman("image", "inspect", "--format", format, image.name)
      )
        .trim()
        .split(" ");
      expect(image.configs).toContain(`sha256:${id}`);
      expect({ user, entrypoint }).toEqual({ user: "65535:65535", entrypoint: '["/pause"]' });
    });

    it("runs /pause, which says its version", () => expectVersion(client(), image));

    it("stops /pause long before it would be killed, with exit code 0", () =>
      expectGentleStop(client(), image));
  });
});
