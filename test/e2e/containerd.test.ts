import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openArchive } from "../../src/index.ts";
import { CONTAINERD_PROGRAMS, type Containerd, startContainerd } from "../runtime/containerd.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage, VARIANTS } from "../runtime/pause-image.ts";

describeWith({ programs: CONTAINERD_PROGRAMS, root: true }, "containerd", () => {
  let containerd: Containerd;

  const held = async () =>
    (await containerd.ctr("content", "ls", "--quiet")).split("\n").filter(Boolean);

  beforeAll(async () => {
    containerd = await startContainerd();
  }, 120_000);
  afterAll(() => containerd.stop(), 60_000);

  describe.each(VARIANTS)("$variant", ({ format, inline }) => {
    let image: PauseImage;

    beforeAll(async () => {
      image = await buildPause(containerd.folder, { format, inline });
      await containerd.ctr("images", "import", "--all-platforms", image.archive);
    });
    afterAll(async () => {
      await containerd.ctr("images", "rm", "--sync", image.name);
      const left = await held();
      if (left.length > 0) await containerd.ctr("content", "rm", ...left);
    });

    it("imports the archive under its name and with its index", async () => {
      const [, row = ""] = (await containerd.ctr("images", "ls")).split("\n");
      const [name, type, digest] = row.split(/\s+/);
      const { index } = image.record;
      expect({ name, type, digest }).toEqual({
        name: image.name,
        type: index.mediaType,
        digest: index.digest,
      });
    });

    it("holds every manifest, config and layer of the archive", async () => {
      const { index } = image.record;
      const built = [index.digest, ...image.manifests, ...image.configs, ...image.layers];
      // Besides, for a while, the archive's index.json.
      expect(await held()).toEqual(expect.arrayContaining(built));
    });

    it("exports what it imported", async () => {
      const file = join(containerd.folder, `exported-${format}-${inline}.tar`);
      await containerd.ctr("images", "export", "--all-platforms", file, image.name);
      const archive = await openArchive(file);
      const index = JSON.parse(Buffer.from(await archive.indexBytes()).toString());
      await archive.close();
      expect(index.manifests).toMatchObject([{ digest: image.record.index.digest }]);
    });

    it("runs /pause, which says its version", async () => {
      const cgroup = `${containerd.cgroup.path}/version`;
      const flags = ["--rm", "--cgroup", cgroup, image.name, "version"];
      expect(await containerd.ctr("run", ...flags, "/pause", "-v")).toBe(
        `pause.c ${image.record.stamp}\n`,
      );
    });
  });
});
