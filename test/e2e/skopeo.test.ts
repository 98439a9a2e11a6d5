import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, run } from "../runtime/command.ts";
import { makeFolder, removeFolder } from "../runtime/folder.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage, VARIANTS } from "../runtime/pause-image.ts";

const sha256 = (content: string | Buffer) =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;

describeWith({ programs: ["skopeo"] }, "skopeo", () => {
  let folder: string;
  const skopeo = (...args: readonly string[]) =>
    run(["skopeo", "--insecure-policy", ...args], { env: { TMPDIR: folder } });

  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => removeFolder(folder));

  describe.each(VARIANTS)("$variant", ({ format, inline }) => {
    let image: PauseImage;
    beforeAll(async () => {
      image = await buildPause(folder, { format, inline });
    });

    // Up to 1.15 at least it looks a tag up among OCI's media types only.
    const tag = () => (format === "oci" ? `:${image.tag}` : "");
    const references = () => [
      `oci:${image.layout}${tag()}`,
      `oci-archive:${image.archive}${tag()}`,
    ];

    it("needs no tag", async () => {
      for (const reference of [`oci:${image.layout}`, `oci-archive:${image.archive}`]) {
        const bytes = await skopeo("inspect", "--raw", reference);
        expect(sha256(bytes), reference).toBe(image.record.index.digest);
      }
    });

    it("reads the index of layout and archive as it was built", async () => {
      for (const reference of references()) {
        const bytes = await skopeo("inspect", "--raw", reference);
        expect(sha256(bytes), reference).toBe(image.record.index.digest);
      }
    });

    it("finds the config of every platform", async () => {
      for (const { platform, config } of image.record.platforms) {
        const [os = "", architecture = "", variant] = platform.split("/");
        const chosen = [
          ...["--override-os", os, "--override-arch", architecture],
          ...(variant === undefined ? [] : ["--override-variant", variant]),
        ];
        for (const reference of references()) {
          const bytes = await skopeo(...chosen, "inspect", "--config", "--raw", reference);
          expect(sha256(bytes), `${platform} of ${reference}`).toBe(config.digest);
        }
      }
    });

    // It would turn Docker's format into OCI's on the way.
    const itCopies = format === "oci" ? it : () => undefined;
    itCopies("copies the layout and the archive whole", async () => {
      for (const [position, reference] of references().entries()) {
        const target = join(folder, `copy-${inline}-${position}`);
        await skopeo("copy", "--quiet", "--all", reference, `oci:${target}:${image.tag}`);
        const blobs = await readdir(join(target, "blobs", "sha256"));
        const held = blobs.map((name) => `sha256:${name}`);
        expect(held).toEqual(
          expect.arrayContaining([...image.manifests, ...image.configs, ...image.layers]),
        );
        const { manifests } = JSON.parse(await readFile(join(target, "index.json"), "utf8"));
        // Skopeo before 1.16 writes the index anew without `data`; then it is the one that has none.
        const { index } =
          inline === "all" && (await rewritesIndexes())
            ? (await buildPause(folder, { inline: "blobs" })).record
            : image.record;
        expect(manifests[0].digest).toBe(index.digest);
      }
    });

    it("copies to a folder of plain files, byte for byte", async () => {
      const target = join(folder, `files-${format}-${inline}`);
      const reference = `oci-archive:${image.archive}`;
      await skopeo("copy", "--quiet", "--all", reference, `dir:${target}`);
      const names = await readdir(target);
      const digests = await Promise.all(
        names.map(async (name) => sha256(await readFile(join(target, name)))),
      );
      expect(digests).toEqual(
        expect.arrayContaining([...image.manifests, ...image.configs, ...image.layers]),
      );
      if (inline !== "all") expect(digests).toContain(image.record.index.digest);
    });
  });

  async function rewritesIndexes(): Promise<boolean> {
    const { stdout } = await attempt(["skopeo", "--version"]);
    const [major = 0, minor = 0] = stdout
      .replace(/^.*version /, "")
      .split(".")
      .map(Number);
    return major === 1 && minor < 16;
  }
});
