/**
 * CRI-O and Docker by what their programs said: `crictl` 1.34.0 of CRI-O 1.34.0 and of cri-dockerd 0.3.17, Docker 20.10.24.
 * Nodes of both are looked at in test/airgap.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { examineNode, nodeHost, type Run } from "../../src/index.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { wrongInStorage } from "../../src/runtime/doctor/container-storage.ts";
import { wrongInArchive } from "../../src/runtime/doctor/docker-archive.ts";
import type { NodeFinding } from "../../src/runtime/doctor/model.ts";
import { scratch } from "../folder.ts";

const NAME = "registry.k8s.io/pause:3.10.2";
const FLAG = "--pod-infra-container-image";
const PROGRAM = Buffer.from("a program\n");
/** The layer as it was packed, with nothing but that in it. */
const HEADER = Buffer.concat([Buffer.from("pause"), Buffer.alloc(507)]);
const REST = Buffer.alloc(512 - PROGRAM.length + 1024);
const LAYER = Buffer.concat([HEADER, PROGRAM, REST]);
const DIFF = digestOf(LAYER);
const CONFIG = Buffer.from(JSON.stringify({ rootfs: { type: "layers", diff_ids: [DIFF] } }));
const ID = digestOf(CONFIG).slice("sha256:".length);

interface Answer {
  readonly code?: number;
  readonly stdout?: string | Buffer;
  readonly stderr?: string;
}

/** Programs that answer by the first pattern that the command has, and do not exist otherwise. */
const answering =
  (answers: Readonly<Record<string, Answer>>): Run =>
  async (command) => {
    const line = command.join(" ");
    const found = Object.entries(answers).find(([pattern]) => line.includes(pattern))?.[1];
    if (found === undefined) throw new Error(`There is no "${command[0]}" here`);
    const bytes = Buffer.from(found.stdout ?? "");
    const { code = 0, stderr = "" } = found;
    return { code, bytes, stdout: bytes.toString("utf8"), stderr };
  };

async function examine(files: Readonly<Record<string, string>>, answers: Record<string, Answer>) {
  const root = scratch();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { findings, configured } = await examineNode({
    host: nodeHost(root),
    run: answering(answers),
    platforms: [{ os: "linux", architecture: "amd64" }],
    expected: { name: "the lock", digests: new Set([`sha256:${ID}`]) },
  });
  return { findings, configured, looks: findings.map(({ check, status }) => [check, status]) };
}

const mendOf = (findings: readonly NodeFinding[], check: string) =>
  findings.find((one) => one.check === check)?.mend;

/** As `crictl inspecti -o json` prints it. */
const inspected = (more: object = {}, architecture = "amd64"): Answer => ({
  stdout: JSON.stringify({
    info: { imageSpec: { architecture, os: "linux", config: { Entrypoint: ["/pause"] } } },
    status: { id: ID, pinned: true, repoDigests: [], repoTags: [NAME], size: "6566", ...more },
  }),
});

/** The storage that CRI-O, Podman and skopeo share, with one image in it. */
function storage(): { readonly images: string; readonly root: string } {
  const root = scratch();
  const write = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const manifest = "{}";
  const data = {
    manifest: digestOf(Buffer.from(manifest)),
    [`sha256:${ID}`]: `sha256:${ID}`,
  };
  const image = { id: ID, names: [NAME], layer: "top", "big-data-digests": data };
  write("overlay-images/images.json", JSON.stringify([image]));
  write(`overlay-images/${ID}/manifest`, manifest);
  const named = Buffer.from(`sha256:${ID}`).toString("base64");
  write(`overlay-images/${ID}/=${named}`, CONFIG);
  write("overlay-layers/layers.json", JSON.stringify([{ id: "top", "diff-digest": DIFF }]));
  const recipe = [
    { type: 2, payload: HEADER.toString("base64"), position: 0 },
    { type: 1, name: "pause", size: PROGRAM.length, payload: "ZB7am7EW6i0=", position: 1 },
    { type: 2, payload: REST.toString("base64"), position: 2 },
  ];
  const lines = recipe.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  write("overlay-layers/top.tar-split.gz", gzipSync(lines));
  write("overlay/top/diff/pause", PROGRAM);
  return { images: join(root, "overlay-images"), root };
}

/** Every look at an image, with nothing wrong. */
const ALL_WELL = ["configured", "present", "platform", "complete", "pinned", "digest"].map(
  (look) => [look, "ok"],
);

describe("wrongInStorage", () => {
  test("finds nothing where nothing is wrong", async () => {
    expect(await wrongInStorage(storage().images, ID)).toBeUndefined();
  });

  test.each([
    ["a file with other bytes", "overlay/top/diff/pause", "A program\n", /other bytes/],
    ["a file that was cut", "overlay/top/diff/pause", "a", /"pause" is missing or has another/],
    ["a file that is gone", "overlay/top/diff/pause", undefined, /"pause" is missing/],
    ["a layer that is gone", "overlay-layers/layers.json", "[]", /layer sha256:\w+ is missing/],
    [
      "another layer",
      "overlay-layers/layers.json",
      '[{"id":"top","diff-digest":"x"}]',
      /another one/,
    ],
    ["another manifest", `overlay-images/${ID}/manifest`, "[]", /manifest has other bytes/],
    ["no manifest", `overlay-images/${ID}/manifest`, undefined, /manifest is missing/],
  ])("finds %s", async (_, path, content, says) => {
    const { images, root } = storage();
    if (content === undefined) rmSync(join(root, path));
    else writeFileSync(join(root, path), content);
    expect(await wrongInStorage(images, ID)).toMatch(says);
  });

  test("opens nothing that may never end", async () => {
    const { images, root } = storage();
    rmSync(join(root, "overlay/top/diff/pause"));
    mkdirSync(join(root, "overlay/top/diff/pause"));
    expect(await wrongInStorage(images, ID)).toMatch(/"pause" is missing/);
  });

  test.each([
    ["a layer without a recipe", "overlay-layers/top.tar-split.gz", undefined, /no ".*tar-split/],
    ["a layer in parts", "overlay-layers/layers.json", '[{"id":"top"}]', /in parts/],
  ])("does not pass %s, and does not call it wrong", async (_, path, content, says) => {
    const { images, root } = storage();
    if (content === undefined) rmSync(join(root, path));
    else writeFileSync(join(root, path), content);
    await expect(wrongInStorage(images, ID)).rejects.toThrow(says);
  });

  test("says of other storages that it does not look into them", async () => {
    const { images } = storage();
    await expect(wrongInStorage(images.replace("overlay", "vfs"), ID)).rejects.toThrow(/"vfs"/);
    await expect(wrongInStorage(images, "0".repeat(64))).rejects.toThrow(/does not have/);
  });
});

/** What `docker image save` writes, of regular files. */
function archive(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name);
    header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("0", 156);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const saved = (layer: Buffer = LAYER, config: Buffer = CONFIG) =>
  archive({
    [`${ID}.json`]: config,
    "abc/layer.tar": layer,
    "manifest.json": JSON.stringify([
      { Config: `${ID}.json`, RepoTags: [NAME], Layers: ["abc/layer.tar"] },
    ]),
  });

/** Files by their digests, as Docker writes them since 25. */
function savedSince25(layer: Buffer, digest: string = digestOf(layer)): Buffer {
  const at = (one: string) => `blobs/${one.replace(":", "/")}`;
  const entry = { Config: at(`sha256:${ID}`), RepoTags: [NAME], Layers: [at(digest)] };
  return archive({
    [entry.Config]: CONFIG,
    [at(digest)]: layer,
    "manifest.json": JSON.stringify([entry]),
  });
}

/** Of equal layers Docker 20.10 writes the second as a link. */
function savedTwice(): Buffer {
  const config = JSON.stringify({ rootfs: { type: "layers", diff_ids: [DIFF, DIFF] } });
  const Config = `${digestOf(Buffer.from(config)).slice("sha256:".length)}.json`;
  const first = archive({ "abc/layer.tar": LAYER }).subarray(0, -1024);
  const link = archive({ "def/layer.tar": "" }).subarray(0, -1024);
  link.write("2", 156);
  link.write("../abc/layer.tar", 157);
  const Layers = ["abc/layer.tar", "def/layer.tar"];
  const rest = archive({
    [Config]: config,
    "manifest.json": JSON.stringify([{ Config, RepoTags: [NAME], Layers }]),
  });
  return Buffer.concat([first, link, rest]);
}

describe("wrongInArchive", () => {
  test.each([
    ["up to 24", saved()],
    ["since 25, with a layer as it was pulled", savedSince25(gzipSync(LAYER))],
    ["with two equal layers", savedTwice()],
  ])("finds nothing in what Docker writes %s", (_, bytes) => {
    expect(wrongInArchive(bytes)).toBeUndefined();
  });

  test.each([
    ["another layer", saved(Buffer.alloc(2560)), /layer sha256:\w+ has other bytes/],
    ["another config", saved(LAYER, Buffer.from("{}")), /config has other bytes/],
    ["another packed layer", savedSince25(LAYER, digestOf(CONFIG)), /has other bytes/],
  ])("finds %s", (_, bytes, says) => {
    expect(wrongInArchive(bytes)).toMatch(says);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["half of it", saved().subarray(0, 1200)],
  ])("does not pass %s", (_, bytes) => {
    expect(() => wrongInArchive(bytes)).toThrow();
  });
});

describe("examineNode asks CRI-O", () => {
  const files = { "etc/crio/crio.conf": `[crio.image]\npause_image = "${NAME}"\n` };
  const running = (image: string): Answer => ({
    stdout: `\n[crio]\n  root = "/x"\n  [crio.image]\n    pause_image = "${image}"\n`,
  });
  const answers = (more: Record<string, Answer> = {}) => ({
    ...more,
    "crio status": more["crio status"] ?? running(NAME),
    imagefsinfo: {
      stdout: JSON.stringify({
        status: { imageFilesystems: [{ fsId: { mountpoint: storage().images } }] },
      }),
    },
    inspecti: more.inspecti ?? inspected(),
  });

  test("and is content with a node that is well", async () => {
    const { looks } = await examine(files, answers());
    expect(looks).toEqual(ALL_WELL);
  });

  test("about an image that is not there", async () => {
    const stderr =
      'time="2026-11-28T18:58:28Z" level=fatal msg="no such image \\"registry.k8s.io/pause:3.10.2\\" present"\n';
    const { findings, looks } = await examine(files, answers({ inspecti: { code: 1, stderr } }));
    expect(looks.at(-1)).toEqual(["present", "wrong"]);
    expect(mendOf(findings, "present")).toEqual([
      "hiatus load BUNDLE --into podman --name registry.k8s.io/pause --tag 3.10.2",
    ]);
  });

  test("about one that is not pinned, and for another machine", async () => {
    const inspecti = inspected({ pinned: false }, "arm64");
    const { looks } = await examine(files, answers({ inspecti }));
    expect(looks).toContainEqual(["platform", "wrong"]);
    expect(looks).toContainEqual(["pinned", "wrong"]);
  });

  test("which image it runs with", async () => {
    const old = await examine(files, answers({ "crio status": running("x.example/old:1") }));
    expect(old.findings[0]).toMatchObject({
      status: "wrong",
      said: `It runs with x.example/old:1 until it is started again, and is configured for ${NAME}`,
      mend: ["systemctl restart crio"],
    });
    const unset = { "etc/crio/crio.conf": "[crio.image]\n" };
    const { configured } = await examine(unset, answers());
    expect(configured).toMatchObject([{ component: "cri-o", image: NAME, place: undefined }]);
  });

  test("and says what it was not told", async () => {
    const { looks } = await examine(files, { inspecti: inspected() });
    expect(looks).toContainEqual(["complete", "not looked at"]);
    expect((await examine({ "etc/crio/crio.conf": "" }, {})).looks).toEqual([
      ["configured", "not looked at"],
    ]);
  });
});

describe("examineNode asks Docker and cri-dockerd", () => {
  const files = (image = NAME) => ({
    "etc/systemd/system/cri-docker.service": `ExecStart=x ${FLAG}=${image}\n`,
  });
  const listed = (tags: readonly string[] = [NAME]): Answer => ({
    stdout: JSON.stringify({
      Id: `sha256:${ID}`,
      RepoTags: tags,
      RepoDigests: [],
      Architecture: "amd64",
      Os: "linux",
    }),
  });
  const answers = (more: Record<string, Answer> = {}) => ({
    "image inspect": listed(),
    "image save": { stdout: saved() },
    inspecti: inspected(),
    ...more,
  });

  test("and is content with a node that is well", async () => {
    const { looks } = await examine(files(), answers());
    expect(looks).toEqual(ALL_WELL);
  });

  test("about an image that is not there", async () => {
    const inspect = { code: 1, stdout: "[]\n", stderr: `Error: No such image: ${NAME}\n` };
    const { findings } = await examine(files(), answers({ "image inspect": inspect }));
    expect(mendOf(findings, "present")).toEqual([
      "hiatus load BUNDLE --into docker --name registry.k8s.io/pause --tag 3.10.2",
    ]);
  });

  test("about one that Docker cannot read", async () => {
    const stderr = 'Error response from daemon: file integrity checksum failed for "pause"\n';
    const { findings } = await examine(files(), answers({ "image save": { code: 1, stderr } }));
    const finding = findings.find(({ check }) => check === "complete");
    expect(finding).toMatchObject({ status: "wrong" });
    expect(finding?.said).toContain("file integrity checksum failed");
    // Under all its names, of which one would keep the damage.
    expect(finding?.mend?.[0]).toContain(`image rm --force sha256:${ID}`);
  });

  test.each<[string, string, readonly string[], RegExp]>([
    ["as Docker does not list it", "docker.io/x/pause:1", ["x/pause:1"], /set .*=x\/pause:1 /],
    ["by its tag, and runs with another", NAME, [NAME], /^systemctl/],
    ["that has no tag", NAME, [], /^hiatus load/],
  ])("about a flag that names an image %s", async (_, image, tags, mend) => {
    const told = answers({ "image inspect": listed(tags), inspecti: inspected({ pinned: false }) });
    const { findings } = await examine(files(image), told);
    expect(findings).toContainEqual(expect.objectContaining({ check: "pinned", status: "wrong" }));
    expect(mendOf(findings, "pinned")?.[0]).toMatch(mend);
  });

  test("and says that without crictl nobody tells what is pinned", async () => {
    const { inspecti: _, ...without } = answers();
    const { looks } = await examine(files(), without);
    expect(looks).toContainEqual(["pinned", "not looked at"]);
    expect(looks).toContainEqual(["complete", "ok"]);
  });
});
