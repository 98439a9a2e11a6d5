/** What a release asks of a registry: nothing that the contract can do without. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { release } from "../../../src/release/release.ts";
import { scratch } from "../../folder.ts";
import { sampleRelease } from "../memory-mirror.ts";
import { openAll, realMirror } from "./real-mirror.ts";

const { image, content } = await sampleRelease();
const NEW = content.index.descriptor.digest;

/** Releases under some tags, and gives the requests that it took. */
async function requestsOf(mirror: Awaited<ReturnType<typeof realMirror>>, tags: readonly string[]) {
  const before = mirror.requests.length;
  const renamed = { ...mirror, mirror: { ...mirror.mirror, tags, attachments: "none" as const } };
  const opened = await openAll([renamed]);
  const result = await release(image, opened, { journal: join(scratch(), "journal.ndjson") });
  expect(result.mirrors.flatMap(({ failures }) => failures)).toEqual([]);
  for (const tag of tags) expect(await mirror.named(tag)).toBe(NEW);
  // Whether a loopback port speaks TLS is found out by a question of its own, where the mirrors file does not say.
  return mirror.requests.slice(before).filter((request) => request !== "GET /v2/");
}

test("a new image: a look, everything there, everything back, and the tag; nothing is asked for", async () => {
  const mirror = await realMirror("mirror");
  const requests = await requestsOf(mirror, ["1.0"]);
  const { blobs, all } = content;
  // The upload that asks whether one may push is the first blob's, which takes two requests therefore. A registry that obeys
  // conditions need not be asked what the tag names before it is moved.
  expect(requests).toHaveLength(1 + (all.length + 1) + all.length + 3);
  const asked = requests.filter((request) => /^HEAD .*sha256:/.test(request));
  expect(asked.filter((request) => !request.includes("/blobs/"))).toEqual([]);
  expect(requests.filter((request) => request.startsWith("POST"))).toHaveLength(blobs.length);
  expect(await requestsOf(mirror, ["1.0"])).toHaveLength(1);
});

test("an image that is there under another tag: no content goes there again", async () => {
  const mirror = await realMirror("mirror");
  await requestsOf(mirror, ["1.0"]);
  const writes = (await requestsOf(mirror, ["2.0"])).filter((one) => !/^(?:GET|HEAD) /.test(one));
  expect(writes).toEqual([
    expect.stringMatching(/^POST .*\/uploads\/\?mount=/),
    expect.stringMatching(/^PUT .*\/manifests\/2\.0$/),
  ]);
});
