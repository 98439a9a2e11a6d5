/**
 * Blobs: every way to upload one, mounting, reading whole and in parts, deleting.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 * @module
 */
import { describe, expect, it } from "vitest";
import {
  type Algorithm,
  digestOf,
  expectCode,
  OCTETS,
  type TestRepository,
  unseen,
} from "../repository.ts";

/** A way to upload bytes as a digest. The last answer must be that of the registry taking or refusing them. */
type Upload = (
  repository: TestRepository,
  bytes: Uint8Array,
  digest: string,
  status: number,
) => Promise<void>;

const UPLOADS: Readonly<Record<string, Upload>> = {
  "one POST": async (repository, body, digest, status) => {
    const path = `blobs/uploads/?digest=${encodeURIComponent(digest)}`;
    const answer = await repository.send("POST", path, { status }, { headers: OCTETS, body });
    if (status === 201) await reads(repository, repository.locate(answer), body);
  },
  "POST and PUT": async (repository, body, digest, status) => {
    const begun = await repository.send("POST", "blobs/uploads/", { status: 202 });
    await finish(repository, repository.locate(begun, { digest }), body, body, status);
  },
  "POST, one PATCH with a range and PUT": async (repository, bytes, digest, status) => {
    const begun = await repository.send("POST", "blobs/uploads/", { status: 202 });
    const sent = await patch(repository, repository.locate(begun), bytes, 0, bytes.length);
    await finish(repository, repository.locate(sent, { digest }), new Uint8Array(), bytes, status);
  },
  "POST, a streamed PATCH and PUT": async (repository, body, digest, status) => {
    const begun = await repository.send("POST", "blobs/uploads/", { status: 202 });
    const request = { headers: OCTETS, body, chunked: true };
    const sent = await repository.send("PATCH", repository.locate(begun), { status: 202 }, request);
    await finish(repository, repository.locate(sent, { digest }), new Uint8Array(), body, status);
  },
  "POST, three PATCHes and PUT": async (repository, bytes, digest, status) => {
    let answer = await repository.send("POST", "blobs/uploads/", { status: 202 });
    const size = Math.ceil(bytes.length / 3);
    for (let from = 0; from < bytes.length; from += size) {
      const to = Math.min(from + size, bytes.length);
      answer = await patch(repository, repository.locate(answer), bytes, from, to);
    }
    await finish(
      repository,
      repository.locate(answer, { digest }),
      new Uint8Array(),
      bytes,
      status,
    );
  },
  "POST, PATCH and PUT with the last chunk": async (repository, bytes, digest, status) => {
    const begun = await repository.send("POST", "blobs/uploads/", { status: 202 });
    const half = Math.ceil(bytes.length / 2);
    const sent = await patch(repository, repository.locate(begun), bytes, 0, half);
    const headers = { ...OCTETS, "content-range": `${half}-${bytes.length - 1}` };
    const to = repository.locate(sent, { digest });
    const body = bytes.subarray(half);
    const answer = await repository.send("PUT", to, { status }, { headers, body });
    if (status === 201) await reads(repository, repository.locate(answer), bytes);
  },
};

/** The tests. */
export function tryBlobs(repositoryOf: () => TestRepository, otherOf: () => TestRepository): void {
  describe.each(["sha256", "sha512"] as const)("blobs by %s", (algorithm) => {
    const push = (bytes: Uint8Array) => repositoryOf().pushBlob(bytes, algorithm);

    it.each(Object.entries(UPLOADS))("are uploaded by %s", async (_, upload) => {
      const bytes = unseen(3 * 1024 - 5);
      const digest = digestOf(bytes, algorithm);
      await upload(repositoryOf(), bytes, digest, 201);
      await isThere(repositoryOf(), digest, bytes);
    });

    it.each(Object.entries(UPLOADS))("with another digest are refused by %s", async (_, upload) => {
      const bytes = unseen(3 * 1024 - 5);
      const digest = digestOf(bytes, algorithm);
      await upload(repositoryOf(), Buffer.concat([bytes, Buffer.from("oh no")]), digest, 400);
      await repositoryOf().send("HEAD", `blobs/${digest}`, { status: 404 });
    });

    it.each([
      ["nothing", new Uint8Array()],
      ["{}", Buffer.from("{}")],
    ])("may hold %s", async (_, bytes) => {
      await isThere(repositoryOf(), await push(bytes), Buffer.from(bytes));
    });

    it("that are not there answer 404 to GET, HEAD and DELETE", async () => {
      const path = `blobs/${digestOf(unseen(), algorithm)}`;
      await repositoryOf().send("HEAD", path, { status: 404 });
      expectCode(await repositoryOf().send("GET", path, { status: 404 }), "BLOB_UNKNOWN");
      await repositoryOf().send("DELETE", path, { status: 404 });
    });

    it("are gone at once when they are deleted", async () => {
      const path = `blobs/${await push(unseen())}`;
      await repositoryOf().send("DELETE", path, { status: 202 });
      await repositoryOf().send("HEAD", path, { status: 404 });
      await repositoryOf().send("GET", path, { status: 404 });
    });

    it.each([
      ["bytes=500-1499", 500, 1500],
      ["bytes=500-", 500, 2048],
      ["bytes=-500", 1548, 2048],
      ["bytes=2000-5000", 2000, 2048],
      ["bytes=0-0", 0, 1],
    ])("are read in part by %s", async (range, from, to) => {
      const bytes = unseen(2048);
      const path = `blobs/${await push(bytes)}`;
      await repositoryOf().send(
        "GET",
        path,
        {
          status: 206,
          headers: {
            "content-length": String(to - from),
            "content-range": new RegExp(`^bytes ${from}-${to - 1}/(?:2048|\\*)$`),
          },
          body: bytes.subarray(from, to),
        },
        { headers: { range } },
      );
    });

    it.each(["bytes=500-0", "bytes=5000-10000", "bytes=2048-"])(
      "are not read by %s",
      async (range) => {
        const path = `blobs/${await push(unseen(2048))}`;
        await repositoryOf().send("GET", path, { status: 416 }, { headers: { range } });
      },
    );

    it.each([
      ["from the repository that is named", (name: string) => `&from=${encodeURIComponent(name)}`],
      ["from wherever they are", () => ""],
    ])("are mounted %s", async (_, from) => {
      const bytes = unseen();
      const digest = await otherOf().pushBlob(bytes, algorithm);
      await repositoryOf().send("HEAD", `blobs/${digest}`, { status: 404 });
      const path = `blobs/uploads/?mount=${encodeURIComponent(digest)}${from(otherOf().name)}`;
      const answer = await repositoryOf().send("POST", path, { status: 201 });
      await reads(repositoryOf(), repositoryOf().locate(answer), bytes);
      await isThere(repositoryOf(), digest, bytes);
    });

    it("that are not there begin an upload when they are mounted", async () => {
      const bytes = unseen();
      const digest = digestOf(bytes, algorithm);
      const query = `mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(otherOf().name)}`;
      const begun = await repositoryOf().send("POST", `blobs/uploads/?${query}`, { status: 202 });
      await finish(repositoryOf(), repositoryOf().locate(begun, { digest }), bytes, bytes, 201);
      await isThere(repositoryOf(), digest, bytes);
    });

    tryOrder(repositoryOf, algorithm);
  });

  describe("uploads", () => {
    it("are called off by DELETE", async () => {
      const begun = await repositoryOf().send("POST", "blobs/uploads/", { status: 202 });
      const at = repositoryOf().locate(begun);
      await repositoryOf().send("DELETE", at, { status: 204 });
      expectCode(await repositoryOf().send("GET", at, { status: 404 }), "BLOB_UPLOAD_UNKNOWN");
    });

    it("that nobody began are not known", async () => {
      const path = "blobs/uploads/00000000-0000-4000-8000-000000000000";
      expectCode(
        await repositoryOf().send("PATCH", path, { status: 404 }, { headers: OCTETS, body: "x" }),
        "BLOB_UPLOAD_UNKNOWN",
      );
    });

    it("ask for a digest that is one", async () => {
      const begun = await repositoryOf().send("POST", "blobs/uploads/", { status: 202 });
      const to = repositoryOf().locate(begun, { digest: "sha256:baddigeststring" });
      const request = { headers: OCTETS, body: "x" };
      expectCode(await repositoryOf().send("PUT", to, { status: 400 }, request), "DIGEST_INVALID");
    });
  });
}

/** Chunks that come in a wrong order: refused, and the upload goes on from where it is. */
function tryOrder(repositoryOf: () => TestRepository, algorithm: Algorithm): void {
  it.each(["PATCH", "PUT"] as const)(
    "are uploaded in spite of a %s that leaves something out",
    async (method) => {
      const bytes = unseen(3 * 1024 - 5);
      const digest = digestOf(bytes, algorithm);
      const repository = repositoryOf();
      const begun = await repository.send("POST", "blobs/uploads/", { status: 202 });
      const first = await patch(repository, repository.locate(begun), bytes, 0, 1024);
      const at = repository.locate(first, method === "PUT" ? { digest } : {});
      const request = {
        headers: { ...OCTETS, "content-range": `2048-${bytes.length - 1}` },
        body: bytes.subarray(2048),
      };
      await repository.send(method, at, { status: 416 }, request);
      const headers = { range: "0-1023" };
      const status = await repository.send("GET", repository.locate(first), {
        status: 204,
        headers,
      });
      const next = await patch(repository, repository.locate(status), bytes, 1024, bytes.length);
      await finish(repository, repository.locate(next, { digest }), new Uint8Array(), bytes, 201);
      await isThere(repository, digest, bytes);
    },
  );

  it("refuse a chunk that they have, and go on after it", async () => {
    const bytes = unseen(3 * 1024 - 5);
    const digest = digestOf(bytes, algorithm);
    const repository = repositoryOf();
    const begun = await repository.send("POST", "blobs/uploads/", { status: 202 });
    const first = await patch(repository, repository.locate(begun), bytes, 0, 1024);
    const next = await patch(repository, repository.locate(first), bytes, 1024, 2048);
    const again = {
      headers: { ...OCTETS, "content-range": "0-1023" },
      body: bytes.subarray(0, 1024),
    };
    const headers = { range: "0-2047" };
    for (const at of [repository.locate(begun), repository.locate(next)]) {
      await repository.send("PATCH", at, { status: 416 }, again);
      await repository.send("PUT", withDigest(at, digest), { status: 416 }, again);
      await repository.send("GET", at, { status: 204, headers });
    }
    const status = await repository.send("GET", repository.locate(next), { status: 204, headers });
    const last = {
      headers: { ...OCTETS, "content-range": `2048-${bytes.length - 1}` },
      body: bytes.subarray(2048),
    };
    const at = repository.locate(status, { digest });
    const said = { "docker-content-digest": digest };
    const ended = await repository.send("PUT", at, { status: 201, headers: said }, last);
    await reads(repository, repository.locate(ended), bytes);
    await isThere(repository, digest, bytes);
  });

  it("say where to begin after a first chunk that leaves something out", async () => {
    const repository = repositoryOf();
    const begun = await repository.send("POST", "blobs/uploads/", { status: 202 });
    const request = { headers: { ...OCTETS, "content-range": "512-1023" }, body: unseen() };
    await repository.send("PATCH", repository.locate(begun), { status: 416 }, request);
    const headers = { range: /^0-(?:0|-1)$/ };
    await repository.send("GET", repository.locate(begun), { status: 204, headers });
  });
}

function withDigest(at: URL, digest: string): URL {
  const url = new URL(at);
  url.searchParams.set("digest", digest);
  return url;
}

/** Sends a chunk and expects to be told how far the upload is. */
function patch(repository: TestRepository, at: URL, bytes: Uint8Array, from: number, to: number) {
  return repository.send(
    "PATCH",
    at,
    { status: 202, headers: { range: `0-${to - 1}` } },
    {
      headers: { ...OCTETS, "content-range": `${from}-${to - 1}` },
      body: bytes.subarray(from, to),
    },
  );
}

/** Ends an upload and reads what it made from where the answer says. */
async function finish(
  repository: TestRepository,
  at: URL,
  body: Uint8Array,
  whole: Uint8Array,
  status: number,
): Promise<void> {
  const digest = at.searchParams.get("digest") ?? "";
  const headers = status === 201 ? { "docker-content-digest": digest } : {};
  const answer = await repository.send("PUT", at, { status, headers }, { headers: OCTETS, body });
  if (status === 201) await reads(repository, repository.locate(answer), whole);
}

async function reads(repository: TestRepository, at: URL, body: Uint8Array): Promise<void> {
  await repository.send("GET", at, { status: 200, body });
}

/** Expects a blob to be found by HEAD and by GET. */
async function isThere(
  repository: TestRepository,
  digest: string,
  body: Uint8Array,
): Promise<void> {
  const headers = { "content-length": String(body.length), "docker-content-digest": digest };
  const head = await repository.send("HEAD", `blobs/${digest}`, { status: 200, headers });
  expect(head.body).toHaveLength(0);
  await repository.send("GET", `blobs/${digest}`, { status: 200, headers, body });
}
