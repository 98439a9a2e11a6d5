/**
 * What is attached to an image, put there and looked up by requests of Node alone.
 *
 * @module
 */
import type { FixturePart } from "./fixtures.ts";
import { askRegistry } from "./raw.ts";
import type { Registry } from "./registry.ts";
import { putBlob, putManifest } from "./seed.ts";
import { sha256 } from "./sha256.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const EMPTY = "application/vnd.oci.empty.v1+json";

/**
 * Attaches a small artifact to a manifest: by `subject`, and where the registry has no API for that, by the tag that the
 * specification has for such registries.
 *
 * @returns Its digest.
 * @throws Error with the answer of a registry that does not take it.
 */
export async function attach(
  registry: Registry,
  repository: string,
  subject: FixturePart,
): Promise<string> {
  const empty = Buffer.from("{}");
  const config = { mediaType: EMPTY, digest: sha256(empty), size: empty.byteLength };
  await putBlob(registry, repository, empty);
  const artifactType = "application/vnd.hiatus.interop";
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: MANIFEST, artifactType, config },
      ...{ layers: [config], subject },
    }),
  );
  const digest = sha256(manifest);
  const answer = await putManifest(registry, repository, digest, MANIFEST, manifest);
  if (answer.headers["oci-subject"] === undefined) {
    const descriptor = { mediaType: MANIFEST, digest, size: manifest.byteLength, artifactType };
    const list = { schemaVersion: 2, mediaType: INDEX, manifests: [descriptor] };
    const body = Buffer.from(JSON.stringify(list));
    await putManifest(registry, repository, tagFor(subject.digest), INDEX, body);
  }
  return digest;
}

/** Digests of what is attached, as the registry's API or the tag in its place says. */
export async function referrersOf(
  registry: Registry,
  repository: string,
  digest: string,
): Promise<readonly string[]> {
  const api = await askRegistry(registry, `/v2/${repository}/referrers/${digest}`);
  const tag = `/v2/${repository}/manifests/${tagFor(digest)}`;
  const { status, body } =
    api.status === 200 ? api : await askRegistry(registry, tag, { headers: { accept: INDEX } });
  if (status === 404) return [];
  if (status !== 200) throw new Error(`referrers of ${digest}: ${status}: ${body.toString()}`);
  const { manifests } = JSON.parse(body.toString()) as {
    readonly manifests: readonly { readonly digest: string }[];
  };
  return manifests.map((one) => one.digest);
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema */
function tagFor(digest: string): string {
  return digest.replace(":", "-");
}
