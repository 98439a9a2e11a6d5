/**
 * A registry in memory that keeps to the specification, but for what its behaviour says.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
import { digestOf } from "../../../src/oci/digest.ts";
import type { Handler } from "../handler-transport.ts";
import { type Behaviour, SPECIFICATION } from "./behaviour.ts";
import { blobs } from "./blobs.ts";
import { referrers, tags } from "./lists.ts";
import { manifests } from "./manifests.ts";

/** A manifest as it was put. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What a repository holds. */
export interface FakeRepository {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, string>;
  /** How often something pushed is still said not to be there. */
  readonly lags: Map<string, number>;
}

/** An upload. */
export interface Upload {
  bytes: Uint8Array;
  patches: number;
}

/** What all files of the registry share. */
export interface FakeState {
  readonly behaviour: Behaviour;
  readonly repositories: Map<string, FakeRepository>;
  readonly uploads: Map<string, Upload>;
  repository(name: string): FakeRepository;
  /** Another number each time. */
  count(): number;
}

/** A registry. */
export interface FakeRegistry extends FakeState {
  readonly handler: Handler;
  /** `METHOD /path?query` of every request, in the order in which they came. */
  readonly requests: string[];
}

/** Makes an empty registry. */
export function createFakeRegistry(behaviour: Partial<Behaviour> = {}): FakeRegistry {
  const repositories = new Map<string, FakeRepository>();
  let count = 0;
  const state: FakeState = {
    count: () => ++count,
    behaviour: { ...SPECIFICATION, ...behaviour },
    repositories,
    uploads: new Map(),
    repository(name) {
      const repository = repositories.get(name) ?? {
        blobs: new Map(),
        manifests: new Map(),
        tags: new Map(),
        lags: new Map(),
      };
      repositories.set(name, repository);
      return repository;
    },
  };
  const requests: string[] = [];
  const route: Handler = async (request) => {
    const url = new URL(request.url);
    const [, name = "", kind, rest = ""] =
      /^\/v2\/(.+?)\/(blobs|manifests|tags|referrers)\/(.*)$/.exec(url.pathname) ?? [];
    const call: Call = { request, url, name, rest };
    switch (kind) {
      case "blobs":
        return blobs(state, call);
      case "manifests":
        return manifests(state, call);
      case "tags":
        return tags(state, call);
      case "referrers":
        return referrers(state, call);
      default:
        return url.pathname === "/v2/" ? answer(200) : answer(404);
    }
  };
  return {
    ...state,
    requests,
    handler: async (request) => {
      const url = new URL(request.url);
      requests.push(`${request.method} ${url.pathname}${url.search}`);
      return state.behaviour.around(request, route);
    },
  };
}

/** A request, taken apart. */
export interface Call {
  readonly request: Request;
  readonly url: URL;
  /** Of the repository. */
  readonly name: string;
  /** What follows the kind. */
  readonly rest: string;
}

/** An answer with no body. */
export function answer(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers });
}

/** An error as the specification has it. */
export function complaint(status: number, code: string, detail?: unknown): Response {
  return Response.json(
    { errors: [{ code, message: `${code.toLowerCase().replaceAll("_", " ")}`, detail }] },
    { status },
  );
}

/** Content with its headers, or the headers alone. */
export function content(
  method: string,
  bytes: Uint8Array,
  mediaType: string,
  digest: string,
): Response {
  return new Response(method === "HEAD" ? null : new Uint8Array(bytes), {
    headers: {
      "content-type": mediaType,
      "content-length": `${bytes.byteLength}`,
      "docker-content-digest": digest,
    },
  });
}

/** All bytes of a body. */
export async function bodyOf(request: Request): Promise<Uint8Array> {
  return new Uint8Array(await request.arrayBuffer());
}

/** Are these the bytes of that digest? */
export function fits(bytes: Uint8Array, digest: string): boolean {
  const algorithm = digest.startsWith("sha512:") ? "sha512" : "sha256";
  return digestOf(bytes, algorithm) === digest;
}

/** Is something that was pushed just now not to be seen yet? Counts down. */
export function lags({ lags }: FakeRepository, digest: string): boolean {
  const left = lags.get(digest) ?? 0;
  lags.set(digest, Math.max(0, left - 1));
  return left > 0;
}
