import { cp, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lines, run } from "../runtime/command.ts";
import { makeFolder, removeFolder } from "../runtime/folder.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";

describeWith({ programs: ["umoci"] }, "umoci", () => {
  let folder: string;
  let image: PauseImage;

  beforeAll(async () => {
    folder = await makeFolder();
    image = await buildPause(folder);
  });
  afterAll(() => removeFolder(folder));

  it("lists the tag of the layout", async () => {
    expect(await lines(["umoci", "ls", "--layout", image.layout])).toEqual([image.tag]);
  });

  it("finds no blob in the layout that nothing leads to", async () => {
    const copy = join(folder, "collected");
    await cp(image.layout, copy, { recursive: true });
    await run(["umoci", "gc", "--layout", copy]);
    const blobs = await lines([
      "find",
      copy,
      "-path",
      "*/blobs/sha256/*",
      "-printf",
      "sha256:%f\n",
    ]);
    expect(blobs.toSorted()).toEqual(
      [image.record.index.digest, ...image.manifests, ...image.configs, ...image.layers].toSorted(),
    );
  });

  it("unpacks a platform to the program that was built, and to how it is run", async () => {
    // It knows no platforms, so that a tag has to lead to one image.
    const single = await buildPause(join(folder, "single"), { platforms: ["linux/s390x"] });
    const bundle = join(folder, "bundle");
    const reference = `${single.layout}:${single.tag}`;
    await run(["umoci", "unpack", "--rootless", "--image", reference, bundle]);
    const program = join(bundle, "rootfs", "pause");
    expect(await readFile(program)).toEqual(await readFile(single.binary("linux/s390x")));
    expect((await stat(program)).mode & 0o7777).toBe(0o755);
    const { process } = JSON.parse(await readFile(join(bundle, "config.json"), "utf8"));
    expect(process.args).toEqual(["/pause"]);
    expect(process.user).toMatchObject({ uid: 65535, gid: 65535 });
  });
});
