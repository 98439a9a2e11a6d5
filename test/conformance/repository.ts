/**
 * A repository as the distribution specification has it: requests and what they must answer, with nothing of ours.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import { expect } from "vitest";
import { askRegistry, type RawAnswer, type RawRequest } from "../interop/raw.ts";
import type { Registry } from "../interop/registry.ts";

/** Digest algorithms of the image specification. */
export type Algorithm = "sha256" | "sha512";

/** What a request must answer. */
export interface Expected {
  /** One of these. */
  readonly status: number | readonly number[];
  readonly headers?: Readonly<Record<string, string | RegExp>>;
  readonly body?: Uint8Array;
}

/** A repository under test. */
export interface TestRepository {
  readonly name: string;
  /** Sends a request to a path below the repository, or to a Location, and holds the answer to what is expected. */
  send(
    method: string,
    path: string | URL,
    expected: Expected,
    request?: RawRequest,
  ): Promise<RawAnswer>;
  /** Resolves a Location and puts parameters to it. */
  locate(answer: RawAnswer, parameters?: Readonly<Record<string, string>>): URL;
  /** Uploads a blob by POST and PUT. */
  pushBlob(bytes: Uint8Array, algorithm?: Algorithm): Promise<string>;
}

/** Headers of an upload. */
export const OCTETS = { "content-type": "application/octet-stream" };

/** The digest of some bytes. */
export function digestOf(bytes: Uint8Array | string, algorithm: Algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Bytes that no registry has seen. */
export function unseen(length = 512): Buffer {
  return randomBytes(length);
}

/** Looks at a repository of a registry. */
export function testRepository(registry: Registry, name: string): TestRepository {
  const repository: TestRepository = {
    name,
    async send(method, path, { status, headers = {}, body }, request = {}) {
      const target =
        typeof path === "string" ? `/v2/${name}/${path}` : `${path.pathname}${path.search}`;
      const answer = await askRegistry(registry, target, { ...request, method });
      const what = `${method} ${target}`.slice(0, 300);
      const said = answer.status >= 400 ? answer.body.toString().slice(0, 300) : "";
      expect([status].flat(), `${what} answered ${answer.status} ${said}`).toContain(answer.status);
      for (const [header, value] of Object.entries(headers)) {
        const found = String(answer.headers[header] ?? "");
        if (typeof value === "string") expect(found, `${header} of ${what}`).toBe(value);
        else expect(found, `${header} of ${what}`).toMatch(value);
      }
      if (body !== undefined) expect(answer.body.equals(body), `body of ${what}`).toBe(true);
      return answer;
    },
    locate({ headers: { location } }, parameters = {}) {
      expect(location, "Location").toBeTruthy();
      const url = new URL(location ?? "", registry.origin);
      for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
      return url;
    },
    async pushBlob(bytes, algorithm) {
      const digest = digestOf(bytes, algorithm);
      const begun = await repository.send("POST", "blobs/uploads/", { status: 202 });
      const to = repository.locate(begun, { digest });
      await repository.send("PUT", to, { status: 201 }, { headers: OCTETS, body: bytes });
      return digest;
    },
  };
  return repository;
}

/** Expects the answer of a failure to carry a code of the specification. */
export function expectCode({ body, headers }: RawAnswer, ...codes: readonly string[]): void {
  expect(headers["content-type"]).toMatch(/^application\/json/);
  const { errors } = JSON.parse(body.toString()) as { errors: readonly { code: string }[] };
  expect(codes).toContain(errors[0]?.code);
}
