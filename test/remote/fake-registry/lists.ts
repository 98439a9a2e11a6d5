/** Lists of the fake registry: tags and referrers. */
import { childrenOf, isIndex, parseDocument } from "../../../src/oci/document.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { type Call, complaint, type FakeState } from "./registry.ts";

/** Answers `tags/list`, backwards, because nobody promised an order to clients. */
export function tags({ repositories, behaviour }: FakeState, { url, name }: Call): Response {
  const held = repositories.get(name);
  if (held === undefined) return complaint(404, "NAME_UNKNOWN");
  const asked = Number(url.searchParams.get("n") ?? behaviour.pageLimit);
  if (asked > behaviour.pageLimit && behaviour.strictPages) {
    return complaint(400, "PAGINATION_NUMBER_INVALID");
  }
  const size = Math.min(asked, behaviour.pageLimit);
  const last = url.searchParams.get("last") ?? "";
  const rest = [...held.tags.keys()].sort().filter((tag) => tag > last);
  const page = rest.slice(0, size);
  const headers: Record<string, string> =
    rest.length > size
      ? { link: `</v2/${name}/tags/list?n=${size}&last=${page.at(-1)}>; rel="next"` }
      : {};
  return Response.json({ name, tags: page.length === 0 ? null : page.reverse() }, { headers });
}

/** Answers `referrers/<digest>`. */
export function referrers({ repository, behaviour }: FakeState, call: Call): Response {
  const { filters, referrers: how } = behaviour;
  if (how === false) return new Response("404 page not found", { status: 404 });
  if (how === "html") {
    return new Response("<html><title>Welcome</title></html>", {
      headers: { "content-type": "text/html" },
    });
  }
  const type = call.url.searchParams.get("artifactType");
  const found = [...repository(call.name).manifests]
    .map(([digest, { mediaType, bytes }]) => {
      const document = parseDocument(bytes, mediaType);
      const artifactType =
        (how === "config" ? undefined : document.artifactType) ??
        (isIndex(document) ? undefined : childrenOf(document)[0]?.mediaType);
      const { annotations } = document;
      const entry = { mediaType, digest, size: bytes.byteLength, artifactType, annotations };
      return { entry, subject: document.subject?.digest };
    })
    .filter(({ subject }) => subject === call.rest && how !== "empty")
    .map(({ entry }) => entry)
    .filter(({ artifactType }) => type === null || !filters || artifactType === type);
  const filtered: Record<string, string> =
    type !== null && filters && how === true ? { "oci-filters-applied": "artifactType" } : {};
  return Response.json(
    { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: found },
    { headers: { "content-type": MediaType.ociIndex, ...filtered } },
  );
}
