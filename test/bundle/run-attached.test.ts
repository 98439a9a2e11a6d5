/** What is attached to an image, pushed by the self-extracting script: found by every registry's own way. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import { referrersTag } from "../../src/oci/tag.ts";
import { startRegistry, type TestRegistry } from "../cli/registry.ts";
import { environment } from "../runtime/command.ts";
import { describeWith } from "../runtime/needs.ts";
import { runCommand } from "./run-shells.ts";
import { type BundleSample, bundleSample, NAMES } from "./sample.ts";

let base: string;
let sample: BundleSample;
let tag: string;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  sample = await bundleSample();
  tag = referrersTag(sample.content.index.descriptor.digest);
  await writeBundle(join(base, "pause.run"), sample.image, NAMES);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const push = (host: string) =>
  runCommand(["dash", join(base, "pause.run"), "--push", `${host}/k8s/pause`], {
    cwd: base,
    env: environment({ HOME: base }),
  });

/** A registry of before the referrers API. */
const old = () =>
  startRegistry({
    instead: (_, path) => (path.includes("/referrers/") ? { status: 404, headers: {} } : undefined),
  });

const manifest = async ({ host }: TestRegistry, name: string) => {
  const answer = await fetch(`http://${host}/v2/k8s/pause/manifests/${name}`, {
    headers: { accept: "application/vnd.oci.image.index.v1+json" },
  });
  return { status: answer.status, json: answer.ok ? await answer.json() : undefined };
};

describeWith({ programs: ["dash", "curl"] }, "--push of a signed image", () => {
  test("leaves it to a registry that lists referrers", async () => {
    const registry = await startRegistry();
    expect(await push(registry.host)).toMatchObject({ code: 0, stderr: "" });
    expect(await manifest(registry, tag)).toMatchObject({ status: 404 });
  });

  test("lists them by a tag where the registry does not, once", async () => {
    const registry = await old();
    expect(await push(registry.host)).toMatchObject({ code: 0, stderr: "" });
    const { json } = await manifest(registry, tag);
    const signatures = sample.image.attachments.filter((one) => one.tag === undefined);
    expect(signatures).not.toEqual([]);
    expect(json).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: signatures.map(({ descriptor }) => {
        const { mediaType, digest, size, artifactType } = descriptor;
        return { mediaType, digest, size, artifactType };
      }),
    });
    const again = await push(registry.host);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toContain("nothing written");
  });

  test("leaves a tag alone that lists those of others, and says so", async () => {
    const registry = await old();
    const { descriptor, bytes } = sample.content.index;
    const url = `http://${registry.host}/v2/k8s/pause/manifests/`;
    expect(await push(registry.host)).toMatchObject({ code: 0 });
    const put = await fetch(`${url}${tag}`, {
      method: "PUT",
      headers: { "content-type": descriptor.mediaType },
      body: bytes,
    });
    expect(put.status).toBe(201);
    const { code, stderr } = await push(registry.host);
    expect(code).toBe(0);
    expect(stderr).toContain(`${tag} does not list all that refers to it`);
    expect((await manifest(registry, tag)).json).toMatchObject({
      manifests: JSON.parse(Buffer.from(bytes).toString()).manifests,
    });
  });
});
