import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSuccessors } from "../../src/graph/successors.ts";
import { type ContentTree, readTree } from "../../src/graph/tree.ts";
import { describe as describing } from "../../src/oci/descriptor.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { createLayout, openLayout } from "../../src/store/layout.ts";
import { scratch } from "../folder.ts";
import { type Ended, hiatus } from "./command.ts";
import { digestsOf } from "./snapshot.ts";

let built: string;
const OUT = () => join(built, "dist", "pause");
const ARCHIVE = () => join(OUT(), "pause-1.2.tar");
const run = (...args: readonly string[]): Promise<Ended> =>
  hiatus(["inspect", ...args], { cwd: built });

beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  const args = ["build", "-q", "--version", "1.2", "--platform", "amd64,arm", "--inline", "blobs"];
  expect(await hiatus(args, { cwd: built })).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(built, { recursive: true }));

describe("hiatus inspect", () => {
  test("draws index, manifests, configs and layers with their sizes", async () => {
    const { code, stdout, stderr } = await run(`oci:${OUT()}/oci`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { index, platforms } = digestsOf(OUT());
    const lines = stdout.split("\n");
    expect(lines[0]).toBe(`oci:${OUT()}/oci`);
    const size = (bytes: number) => String(bytes).replace(/(\d)(\d{3})$/, "$1,$2");
    for (const { digest, size: bytes } of [
      index,
      ...platforms.flatMap(({ manifest, config, layer }) => [manifest, config, layer]),
    ]) {
      expect(stdout).toContain(`${digest}  ${size(bytes)} bytes`);
    }
    for (const text of [
      "manifest linux/amd64 ",
      "manifest linux/arm/v7 ",
      "user 65535:65535",
      'entrypoint ["/pause"]',
      "org.opencontainers.image.version: 1.2",
    ]) {
      expect(stdout).toContain(text);
    }
  });

  test("sees the same in layout and archive, by tag, by digest, by both, and gzipped", async () => {
    const { index } = digestsOf(OUT());
    writeFileSync(join(built, "zipped.tar.gz"), gzipSync(readFileSync(ARCHIVE())));
    const references = [
      `oci:${OUT()}/oci`,
      `oci:${OUT()}/oci:1.2`,
      `oci:${OUT()}/oci@${index.digest}`,
      `oci:${OUT()}/oci:1.2@${index.digest}`,
      "oci:dist/pause/oci:1.2",
      "./dist/pause/oci",
      `oci-archive:${ARCHIVE()}`,
      `oci-archive:${ARCHIVE()}:1.2`,
      "oci-archive:zipped.tar.gz",
    ];
    const trees = await Promise.all(
      references.map(async (reference) => {
        const { code, stdout } = await run(reference, "--json");
        expect({ reference, code }).toEqual({ reference, code: 0 });
        return (JSON.parse(stdout) as ContentTree).children;
      }),
    );
    for (const tree of trees) expect(tree).toEqual(trees[0]);
  });

  test("with --json prints one document that says what the library says", async () => {
    const { stdout } = await run(`oci:${OUT()}/oci`, "--json");
    expect(stdout.match(/\n/g)).toHaveLength(1);
    const layout = await openLayout(join(OUT(), "oci"));
    const tree = await readTree(layout, await layout.resolve("1.2"));
    expect(JSON.parse(stdout)).toEqual({
      reference: `oci:${OUT()}/oci`,
      tag: "1.2",
      ...(JSON.parse(JSON.stringify(tree)) as object),
    });
  });

  test.each([
    ["oci:nowhere", 1, 'There is no folder "nowhere"'],
    ["oci:dist", 1, "is not an image layout"],
    ["oci:dist/pause/oci:9", 1, 'Nothing is called "9"'],
    ["oci-archive:nowhere.tar", 1, "nowhere.tar"],
    ["oci-archive:dist", 1, "dist"],
    [`oci:dist/pause/oci@sha256:${"0".repeat(64)}`, 1, "Nothing is called"],
    [`oci:dist/pause/oci:1.2@sha256:${"0".repeat(64)}`, 1, "is sha256:"],
    ["docker://localhost/Pause", 2, "is not a reference"],
    ["docker-archive:pause.tar", 2, "Cannot tell what"],
    ["oci:dist/pause/oci:a:b", 1, "There is no folder"],
  ])("of %s fails with exit code %i and says why", async (reference, code, message) => {
    const result = await run(reference);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
    expect(result.stderr).toMatch(/^hiatus: .*\n {2}\S/);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain("mistake in hiatus");
  });

  test("shows what several tags name, and asks for one where they name several things", async () => {
    const folder = scratch();
    cpSync(join(OUT(), "oci"), folder, { recursive: true });
    const layout = await openLayout(folder);
    const root = await layout.resolve("1.2");
    await layout.tag(root, "latest");
    expect(await run(`oci:${folder}`)).toMatchObject({ code: 0, stderr: "" });
    const { successors } = (await readSuccessors(layout, root))!;
    await layout.tag(successors[0]!, "latest");
    const { code, stderr } = await run(`oci:${folder}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /has 2 tags, so one must be named\n {2}Write ".*:1\.2", or one of 1\.2, latest/,
    );
  });

  test.each(["manifest", "config"] as const)("refuses a damaged %s", async (part) => {
    const folder = scratch();
    cpSync(join(OUT(), "oci"), folder, { recursive: true });
    const { digest } = digestsOf(OUT()).platforms[0]![part];
    const path = join(folder, "blobs", "sha256", digest.slice(7));
    writeFileSync(path, readFileSync(path, "utf8").replace("sha256:", "sha256 "));
    // What rides in a descriptor is whole, so the config itself is not looked for.
    const { code, stderr } = await run(`oci:${folder}`);
    expect(code).toBe(part === "manifest" ? 1 : 0);
    if (part === "manifest") expect(stderr).toContain(digest);
  });

  test("lets nothing that others wrote move the cursor", async () => {
    const folder = scratch();
    const layout = await createLayout(folder);
    const evil = "\u001b[2J\u009b31m\r\n\u202e";
    const push = async (mediaType: string, value: unknown, extra = {}) => {
      const bytes = encodeJson(value);
      const descriptor = describing(mediaType, bytes, extra);
      await layout.push(descriptor, bytes);
      return descriptor;
    };
    const platform = { os: `linux${evil}`, architecture: `amd64${evil}` };
    const config = await push(MediaType.ociConfig, {
      ...platform,
      created: evil,
      config: { User: evil, Entrypoint: [evil], Labels: { [evil]: evil } },
      rootfs: { type: "layers", diff_ids: [] },
    });
    const annotations = { [evil]: evil };
    const manifest = await push(
      MediaType.ociManifest,
      { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [], annotations },
      { platform, annotations },
    );
    const index = await push(MediaType.ociIndex, {
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: [manifest],
      annotations,
    });
    await layout.tag(index, "evil");
    const { code, stdout } = await run(`oci:${folder}`);
    expect(code).toBe(0);
    expect(stdout).toContain("amd64\\u{1b}[2J");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });
});
