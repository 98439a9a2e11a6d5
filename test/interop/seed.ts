/**
 * Puts content into a registry by requests of Node alone: POST and PUT for blobs, PUT for manifests.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fixture, FixturePart } from "./fixtures.ts";
import { askRegistry, type RawAnswer } from "./raw.ts";
import type { Registry } from "./registry.ts";
import { sha256 } from "./sha256.ts";

/** Pushes an image under its tag. @throws Error with the answer of the registry when it is not taken. */
export async function seed(
  registry: Registry,
  repository: string,
  { layout, tag, root, manifests, blobs }: Fixture,
): Promise<void> {
  const read = ({ digest }: FixturePart) => readFile(join(layout, "blobs", ...digest.split(":")));
  for (const blob of blobs) await putBlob(registry, repository, await read(blob));
  for (const part of [...manifests, root]) {
    const reference = part === root ? tag : part.digest;
    await putManifest(registry, repository, reference, part.mediaType, await read(part));
  }
}

/** Uploads a blob. @throws as {@link seed}. */
export async function putBlob(
  registry: Registry,
  repository: string,
  body: Uint8Array,
): Promise<void> {
  const path = `/v2/${repository}/blobs/uploads/`;
  const begun = taken(await askRegistry(registry, path, { method: "POST" }), 202, path);
  const location = new URL(begun.headers.location ?? "", registry.origin);
  location.searchParams.set("digest", sha256(body));
  const headers = { "content-type": "application/octet-stream" };
  const to = `${location.pathname}${location.search}`;
  taken(await askRegistry(registry, to, { method: "PUT", headers, body }), 201, to);
}

/** Pushes a manifest. @throws as {@link seed}. */
export async function putManifest(
  registry: Registry,
  repository: string,
  reference: string,
  mediaType: string,
  body: Uint8Array,
): Promise<RawAnswer> {
  const path = `/v2/${repository}/manifests/${reference}`;
  const headers = { "content-type": mediaType };
  return taken(await askRegistry(registry, path, { method: "PUT", headers, body }), 201, path);
}

function taken(answer: RawAnswer, wanted: number, path: string): RawAnswer {
  if (answer.status === wanted) return answer;
  throw new Error(`${path} answered ${answer.status}: ${answer.body.toString()}`);
}
