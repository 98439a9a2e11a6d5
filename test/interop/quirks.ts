/**
 * Ways of clients and registries that tests have to know, each with where it comes from. The reporter shows them.
 *
 * @module
 */
import type { Fixture, Fixtures } from "./fixtures.ts";

/** One way of one program. */
export interface Quirk {
  readonly program: string;
  /** Versions that have it, in words. */
  readonly versions: string;
  readonly what: string;
  readonly source: string;
}

/** Those that we have seen here, but where the source says otherwise. */
export const QUIRKS = {
  skopeoRewritesIndexes: {
    program: "skopeo",
    versions: "up to 1.15",
    what: "`copy --all` writes an index whose descriptors carry `data` anew, without it: the digest becomes that of the index with blobs inline only",
    source: "1.9.3; containers/image keeps `data` since 5.32, `internal/manifest/oci_index.go`",
  },
  craneRefusesRealms: {
    program: "crane",
    versions: "0.22.1",
    what: "refuses a token realm whose host is a private, link-local or loopback address, unless it is the registry's own host and port; names are not looked at",
    source: "`pkg/v1/remote/transport/bearer.go`",
  },
  ctrTakesLoopbackForPlain: {
    program: "ctr",
    versions: "1.6.20",
    what: "talks plain http to loopback even with `--tlscacert`; a `hosts.toml` with a `[host]` table tells it otherwise",
    source: "seen",
  },
  dockerdTrustsLoopback: {
    program: "dockerd",
    versions: "20.10.24",
    what: "takes any certificate, and plain http, on 127.0.0.0/8",
    source: "its documentation, `insecure-registries`",
  },
  enginesCompressAnew: {
    program: "podman, dockerd",
    versions: "4.3.1, 20.10.24",
    what: "keep layers unpacked and compress them anew to push: of what was built only the config keeps its digest, and indexes are not pushed",
    source: "seen",
  },
  distributionWantsAccept: {
    program: "distribution",
    versions: "2.8.2, 3.1.2",
    what: "a manifest in OCI's form is 404 to a request without `Accept`, even by digest",
    source: "seen",
  },
  distributionOnePost: {
    program: "distribution",
    versions: "2.8.2, 3.1.2",
    what: "answers 202 to a POST with `digest`, so PUT has to follow; mounts nothing without `from`; has no referrers API",
    source: "seen",
  },
  distributionSha512: {
    program: "distribution",
    versions: "2.8.2, 3.1.2",
    what: "takes blobs by SHA-512, and says another digest of them, by SHA-256, in `Docker-Content-Digest`",
    source: "seen",
  },
  distributionRanges: {
    program: "distribution",
    versions: "2.8.2",
    what: "cuts the connection on a range that a blob does not have; takes chunks out of order; lists tags in no order; deletes no tags",
    source: "seen",
  },
  zotWantsSubjects: {
    program: "zot",
    versions: "1.4.3",
    what: "500 to what refers to something that is not there yet, and takes cosign's `.sig` away again; of its referrers API: no `OCI-Subject`, and the type of an artifact is that of its config",
    source: "seen; `pkg/storage/local/local.go`, `garbageCollect`",
  },
  zotForgetsIndexes: {
    program: "zot",
    versions: "1.4.3",
    what: "forgets an index when its last tag moves, unless its digest was pushed before the tag, and by their digests the manifests that only it had; takes an index without them",
    source: "seen; `pkg/storage/common.go`, `PruneImageManifestsFromIndex`",
  },
  zotChokes: {
    program: "zot",
    versions: "1.4.3",
    what: "looks at no index: half a one that comes by a tag stays, and every push to that repository and every deletion is 500 from then on",
    source: "seen",
  },
  zotRefuses: {
    program: "zot",
    versions: "1.4.3",
    what: "refuses Docker's media types (415), a tag that turns from a manifest into an index (400), SHA-512 (500); the link to the next page of tags has no `<>`",
    source: "seen",
  },
} as const satisfies Readonly<Record<string, Quirk>>;

/** The rows of the page's table. */
export function quirkRows(): readonly (readonly string[])[] {
  return Object.values<Quirk>(QUIRKS).map(({ program, versions, what, source }) => [
    ...[program, versions, what, source],
  ]);
}

/** Does this skopeo rewrite indexes? See {@link QUIRKS}. */
export function rewritesIndexes(skopeoVersion: string): boolean {
  const [major = 0, minor = 0] = skopeoVersion.split(".").map(Number);
  return major === 1 && minor < 16;
}

/** What a client makes of an image that it copies: the image, but for clients that rewrite it. */
export function copiedBy(
  client: string,
  version: string,
  fixture: Fixture,
  fixtures: Fixtures,
): Fixture {
  const rewritten = client === "skopeo" && rewritesIndexes(version) && fixture.variant === "all";
  return rewritten ? { ...fixtures.blobs, tag: fixture.tag } : fixture;
}
