import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DOCKER_PROGRAMS, type Dockerd, startDockerd } from "../runtime/dockerd.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage, VARIANTS } from "../runtime/pause-image.ts";
import { type Client, expectGentleStop, expectVersion } from "../runtime/short-life.ts";

describeWith({ programs: DOCKER_PROGRAMS, root: true }, "dockerd", () => {
  let dockerd: Dockerd;

  beforeAll(async () => {
    dockerd = await startDockerd();
  }, 120_000);
  afterAll(() => dockerd.stop(), 60_000);

  describe.each(VARIANTS)("$variant", ({ format, inline }) => {
    let image: PauseImage;
    const client = (): Client => ({
      name: "docker",
      flags: ["--network", "none"],
      run: dockerd.docker,
      attempt: dockerd.attempt,
    });

    beforeAll(async () => {
      image = await buildPause(dockerd.folder, { format, inline });
      await dockerd.docker("load", "--quiet", "--input", image.archive);
    });
    afterAll(async () => {
      const ids = (await dockerd.docker("images", "--quiet", "--no-trunc")).trim().split("\n");
      await dockerd.docker("rmi", "--force", ...new Set(ids));
    });

    it("loads every platform of the archive with the config that was built", async () => {
      const ids = await dockerd.docker("images", "--quiet", "--no-trunc");
      expect([...new Set(ids.trim().split("\n"))].toSorted()).toEqual(image.configs);
    });

    it("gives the plain tag to linux/amd64", async () => {
      const format = "{{.Id}} {{.Os}}/{{.Architecture}} {{.Config.User}}";
      const amd64 = image.record.platforms.find(({ platform }) => platform === "linux/amd64");
      expect(await dockerd.docker("image", "inspect", "--format", format, image.name)).toBe(
        `${amd64?.config.digest} linux/amd64 65535:65535\n`,
      );
    });

    it("runs /pause, which says its version", () => expectVersion(client(), image));

    it("stops /pause long before it would be killed, with exit code 0", () =>
      expectGentleStop(client(), image));
  });
});
