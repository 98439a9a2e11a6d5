/**
 * Is an image somewhere, whole and unchanged? Judged by bytes and SHA-256 of Node, by none of our code.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Fixture } from "./fixtures.ts";
import { askRegistry, MANIFEST_TYPES } from "./raw.ts";
import type { Registry } from "./registry.ts";
import { sha256 } from "./sha256.ts";

/**
 * Expects a repository to answer with the image under a tag and under its digest: every manifest and blob, byte for byte.
 */
export async function expectInRegistry(
  registry: Registry,
  repository: string,
  tag: string,
  { root, manifests, blobs }: Fixture,
): Promise<void> {
  const get = (path: string) =>
    askRegistry(registry, `/v2/${repository}/${path}`, { headers: { accept: MANIFEST_TYPES } });
  for (const reference of [tag, root.digest]) {
    const answer = await get(`manifests/${reference}`);
    expect(
      { status: answer.status, digest: sha256(answer.body), type: answer.headers["content-type"] },
      `manifest "${reference}" in ${registry.name}`,
    ).toEqual({ status: 200, digest: root.digest, type: root.mediaType });
  }
  const found = await Promise.all([
    ...manifests.map(async ({ digest }) => digestOf(await get(`manifests/${digest}`))),
    ...blobs.map(async ({ digest }) => digestOf(await get(`blobs/${digest}`))),
  ]);
  expect(found, `contents in ${registry.name}`).toEqual(
    [...manifests, ...blobs].map(({ digest }) => digest),
  );
}

/** Expects a folder to be a layout that holds the image: its root in `index.json`, and every blob byte for byte. */
export async function expectInLayout(dir: string, fixture: Fixture): Promise<void> {
  const { root, manifests, blobs } = fixture;
  const index = JSON.parse(await readFile(join(dir, "index.json"), "utf8"));
  expect(
    index.manifests.map(({ digest }: { digest: string }) => digest),
    `index.json of "${dir}"`,
  ).toContain(root.digest);
  const folder = join(dir, "blobs", "sha256");
  const names = (await readdir(folder)).map((name) => `sha256:${name}`);
  const wanted = [root, ...manifests, ...blobs].map(({ digest }) => digest);
  expect(names, `blobs of "${dir}"`).toEqual(expect.arrayContaining(wanted));
  for (const digest of wanted) {
    expect(sha256(await readFile(join(folder, digest.slice("sha256:".length)))), digest).toBe(
      digest,
    );
  }
}

function digestOf({ status, body }: { readonly status: number; readonly body: Buffer }): string {
  return status === 200 ? sha256(body) : `status ${status}: ${body.toString().slice(0, 200)}`;
}
