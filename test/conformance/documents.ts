/**
 * Manifests and indexes of every kind that a registry must take, each with blobs that it has not seen.
 *
 * @module
 */
import { type Algorithm, digestOf, type TestRepository, unseen } from "./repository.ts";

export const IMAGE = "application/vnd.oci.image.manifest.v1+json";
export const INDEX = "application/vnd.oci.image.index.v1+json";
export const EMPTY = "application/vnd.oci.empty.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const TAR = "application/vnd.oci.image.layer.v1.tar";
const LAYER = `${TAR}+gzip`;
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

/** A type of artifact that nobody else has. */
export const ARTIFACT = "application/vnd.hiatus.conformance";

/** A pointer to content. */
export interface TestDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly [field: string]: unknown;
}

/** A manifest or an index. */
export interface TestDocument {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly digest: string;
  readonly descriptor: TestDescriptor;
}

/** Changes of a document before it is written. */
export type Fields = Readonly<Record<string, unknown>>;

/** Makes what documents point at. */
export interface Maker {
  readonly algorithm: Algorithm;
  readonly repository: TestRepository;
}

/** Writes a document. */
export function write(
  mediaType: string,
  fields: Fields,
  algorithm: Algorithm = "sha256",
): TestDocument {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields }));
  const digest = digestOf(bytes, algorithm);
  return { mediaType, bytes, digest, descriptor: { mediaType, digest, size: bytes.length } };
}

/** Uploads a blob and describes it. */
export async function blob(
  { repository, algorithm }: Maker,
  mediaType: string,
  bytes: Buffer = unseen(),
): Promise<TestDescriptor> {
  const digest = await repository.pushBlob(bytes, algorithm);
  return { mediaType, digest, size: bytes.length };
}

/** An image manifest whose blobs are there. */
export async function image(maker: Maker, fields: Fields = {}): Promise<TestDocument> {
  const config = await blob(maker, CONFIG, Buffer.from(JSON.stringify(configOf())));
  const layers = [await blob(maker, LAYER), await blob(maker, LAYER)];
  return write(IMAGE, { config, layers, ...fields }, maker.algorithm);
}

/** An artifact: a type, the empty config, one file. */
export async function artifact(maker: Maker, fields: Fields = {}): Promise<TestDocument> {
  const config = await blob(maker, EMPTY, Buffer.from("{}"));
  const layers = [await blob(maker, ARTIFACT)];
  const manifest = { artifactType: ARTIFACT, config, layers, ...fields };
  return write(IMAGE, manifest, maker.algorithm);
}

/** Every kind: the documents to push, children first; the last one is what it is about. */
export const KINDS: Readonly<Record<string, (maker: Maker) => Promise<readonly TestDocument[]>>> = {
  "an image": async (maker) => [await image(maker)],
  "an image whose layers are not compressed": async (maker) => [
    await image(maker, { layers: [await blob(maker, TAR), await blob(maker, TAR)] }),
  ],
  "an image without layers": async (maker) => [await image(maker, { layers: [] })],
  "an image of 3.9 MB": async (maker) => [await image(maker, { annotations: large() })],
  "an image with fields of its own": async (maker) => [
    await image(maker, { "org.hiatus.field": { anything: [1, 2.5, null] } }),
  ],
  "an image with data in its descriptors": async (maker) => {
    const bytes = Buffer.from(JSON.stringify(configOf()));
    const config = { ...(await blob(maker, CONFIG, bytes)), data: bytes.toString("base64") };
    return [await image(maker, { config })];
  },
  "an image with layers that are not to be distributed": async (maker) => {
    const digest = digestOf(unseen(), maker.algorithm);
    const mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    const urls = [`https://store.example.com/${digest}`];
    const layers = [{ mediaType, digest, size: 123_456, urls }, await blob(maker, LAYER)];
    return [await image(maker, { layers })];
  },
  "an artifact": async (maker) => [await artifact(maker)],
  "an artifact without files": async (maker) => {
    const empty = await blob(maker, EMPTY, Buffer.from("{}"));
    return [await artifact(maker, { config: empty, layers: [empty] })];
  },
  "an index": async (maker) => index(maker, [await image(maker), await image(maker)]),
  "an index with fields of its own": async (maker) =>
    index(maker, [await image(maker)], { "org.hiatus.field": "anything" }),
  "an index of nothing": async (maker) => index(maker, []),
  "an index with a type of artifact": async (maker) =>
    index(maker, [await artifact(maker)], { artifactType: ARTIFACT }),
  "an index of indexes": async (maker) => {
    const [one, two] = [await index(maker, [await image(maker)]), await index(maker, [])];
    const outer = write(
      INDEX,
      { manifests: [one, two].map((inner) => inner.at(-1)?.descriptor) },
      maker.algorithm,
    );
    return [...one, ...two, outer];
  },
  "a Docker image": async (maker) => [await docker(maker)],
  "a Docker manifest list": async (maker) => {
    const one = await docker(maker);
    const platform = { os: "linux", architecture: "amd64" };
    const manifests = [{ ...one.descriptor, platform }];
    return [one, write(DOCKER_LIST, { manifests }, maker.algorithm)];
  },
};

/** An index of some manifests, after them. */
export function index(
  { algorithm }: Pick<Maker, "algorithm">,
  children: readonly TestDocument[],
  fields: Fields = {},
): readonly TestDocument[] {
  const architectures = ["amd64", "arm64", "riscv64"];
  const manifests = children.map(({ descriptor }, position) => ({
    ...descriptor,
    platform: { os: "linux", architecture: architectures[position] },
  }));
  return [...children, write(INDEX, { manifests, ...fields }, algorithm)];
}

async function docker(maker: Maker): Promise<TestDocument> {
  const config = await blob(maker, "application/vnd.docker.container.image.v1+json");
  const layers = [await blob(maker, "application/vnd.docker.image.rootfs.diff.tar.gzip")];
  return write(DOCKER_MANIFEST, { config, layers }, maker.algorithm);
}

function configOf() {
  return {
    ...{ architecture: "amd64", os: "linux", author: unseen(8).toString("hex") },
    rootfs: { type: "layers", diff_ids: [] },
  };
}

function large(): Fields {
  return Object.fromEntries(
    Array.from({ length: 390 }, (_, position) => [`large-${position}`, "A".repeat(10_000)]),
  );
}
