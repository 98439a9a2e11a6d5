/**
 * Lists in pages: tags, repositories, referrers.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#content-discovery
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import { isDigest } from "../oci/digest.ts";
import { encodeJson } from "../oci/json.ts";
import { MANIFEST_LIMIT } from "../oci/manifest.ts";
import { MediaType } from "../oci/media-type.ts";
import { type Incoming, json, type Outgoing, queryOf } from "./exchange.ts";
import { refuse } from "./refusal.ts";
import type { Repositories, Repository } from "./repositories.ts";

/** Most entries of a page, whatever `n` says. */
const PAGE_LIMIT = 1000;

/** `/v2/NAME/tags/list` */
export async function listTags(
  incoming: Incoming,
  repository: Repository,
  name: string,
): Promise<Outgoing> {
  const page = await pageOf(repository.tags(), incoming, `/v2/${name}/tags/list`);
  if ("status" in page) return page;
  return json({ name, tags: page.entries }, page.headers);
}

/** `/v2/_catalog`, as distribution has it: the specification knows no such thing, and people look for it. */
export async function listRepositories(
  incoming: Incoming,
  repositories: Repositories,
): Promise<Outgoing> {
  const page = await pageOf(repositories.names(), incoming, "/v2/_catalog");
  if ("status" in page) return page;
  return json({ repositories: page.entries }, page.headers);
}

interface Page {
  readonly entries: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** What comes after `last`, at most `n`, with a link to what comes then. The list is in code-point order. */
async function pageOf(
  list: AsyncIterable<string>,
  incoming: Incoming,
  path: string,
): Promise<Page | Outgoing> {
  const query = queryOf(incoming.target);
  const wanted = query.get("n");
  if (wanted !== null && !/^\d{1,9}$/.test(wanted)) {
    return refuse("PAGINATION_NUMBER_INVALID", `"n" is not a number of entries`);
  }
  const most = Math.min(Number(wanted ?? PAGE_LIMIT), PAGE_LIMIT);
  const last = query.get("last") ?? "";
  const entries: string[] = [];
  if (most === 0) return { entries, headers: {} };
  for await (const entry of list) {
    if (last !== "" && entry <= last) continue;
    if (entries.length === most) {
      const next = new URLSearchParams({ n: String(most), last: entries.at(-1) ?? "" });
      return { entries, headers: linkTo(path, next) };
    }
    entries.push(entry);
  }
  return { entries, headers: {} };
}

function linkTo(path: string, query: URLSearchParams): Readonly<Record<string, string>> {
  return { link: `<${path}?${query}>; rel="next"` };
}

/** Room for what surrounds the descriptors. */
const REFERRERS_LIMIT = MANIFEST_LIMIT - 1024;

/**
 * `/v2/NAME/referrers/DIGEST`. Never 404: that would say that the registry does not know such lists. A repository
 * that is not there has no referrers.
 */
export async function listReferrers(
  incoming: Incoming,
  repository: Repository | undefined,
  name: string,
  digest: string,
): Promise<Outgoing> {
  if (!isDigest(digest)) {
    return refuse("DIGEST_INVALID", "What the path ends with is not a digest");
  }
  const query = queryOf(incoming.target);
  const artifactType = query.get("artifactType") ?? "";
  const last = query.get("last") ?? "";
  const filters = artifactType === "" ? {} : { artifactType };
  const manifests: Descriptor[] = [];
  let headers: Record<string, string> =
    artifactType === "" ? {} : { "oci-filters-applied": "artifactType" };
  let bytes = 0;
  // By digest, so that a page can say where the next begins whatever was pushed meanwhile.
  for (const referrer of await referrersOf(repository, digest, filters)) {
    if (referrer.digest <= last) continue;
    bytes += encodeJson(referrer).byteLength + 1;
    if (bytes > REFERRERS_LIMIT || manifests.length === PAGE_LIMIT) {
      const next = new URLSearchParams({ ...filters, last: manifests.at(-1)?.digest ?? "" });
      headers = { ...headers, ...linkTo(`/v2/${name}/referrers/${digest}`, next) };
      break;
    }
    manifests.push(referrer);
  }
  const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  return json(index, headers, MediaType.ociIndex);
}

async function referrersOf(
  repository: Repository | undefined,
  digest: Descriptor["digest"],
  filters: { readonly artifactType?: string },
): Promise<readonly Descriptor[]> {
  if (repository === undefined) return [];
  // Only the digest of a subject is compared.
  const subject = { mediaType: MediaType.ociManifest, digest, size: 0 };
  const options = { ...filters, damaged: "leave out" } as const;
  const found: Descriptor[] = [];
  for await (const referrer of repository.referrers(subject, options)) found.push(referrer);
  return found.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}
