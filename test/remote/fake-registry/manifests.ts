/** Manifests and tags of the fake registry. */
import { digestOf } from "../../../src/oci/digest.ts";
import { childrenOf, parseDocument } from "../../../src/oci/document.ts";
import { hasSuccessors } from "../../../src/oci/media-type.ts";
import {
  answer,
  bodyOf,
  type Call,
  complaint,
  content,
  type FakeRepository,
  type FakeState,
  lags,
} from "./registry.ts";

/** Answers requests below `manifests/`. */
export async function manifests(state: FakeState, call: Call): Promise<Response> {
  const { request, name, rest } = call;
  const held = state.repository(name);
  const digest = rest.includes(":") ? rest : held.tags.get(rest);
  switch (request.method) {
    case "GET":
    case "HEAD": {
      const found = digest === undefined ? undefined : held.manifests.get(digest);
      if (digest === undefined || found === undefined || lags(held, digest)) {
        return complaint(404, "MANIFEST_UNKNOWN");
      }
      return content(request.method, found.bytes, found.mediaType, digest);
    }
    case "PUT":
      return put(state, call, held);
    case "DELETE":
      return remove(state, call, held, digest);
    default:
      return complaint(405, "UNSUPPORTED");
  }
}

async function put(
  { behaviour }: FakeState,
  { request, rest, name }: Call,
  held: FakeRepository,
): Promise<Response> {
  if (request.headers.get("content-length") === null) return complaint(411, "SIZE_INVALID");
  const bytes = await bodyOf(request);
  const mediaType = request.headers.get("content-type") ?? "";
  if (!hasSuccessors(mediaType)) return complaint(415, "MANIFEST_INVALID");
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(bytes, mediaType);
  } catch {
    return complaint(400, "MANIFEST_INVALID");
  }
  const isDigest = rest.includes(":");
  const digest = digestOf(bytes, rest.startsWith("sha512:") ? "sha512" : "sha256");
  if (isDigest && digest !== rest) return complaint(400, "DIGEST_INVALID");
  if (behaviour.checksChildren) {
    const missing = childrenOf(document)
      .map((child) => child.digest)
      .filter((child) => !held.blobs.has(child) && !held.manifests.has(child));
    if (missing.length > 0) return missingChildren(behaviour.missing, missing);
  }
  const { subject } = document;
  if (behaviour.checksSubject && subject !== undefined && !held.manifests.has(subject.digest)) {
    return answer(500);
  }
  if (!isDigest && behaviour.immutable !== undefined && held.tags.has(rest)) {
    const { status, body } = behaviour.immutable;
    return new Response(body, { status });
  }
  if (!held.manifests.has(digest)) held.lags.set(digest, behaviour.lag);
  held.manifests.set(digest, { mediaType, bytes });
  if (!isDigest) held.tags.set(rest, digest);
  const tellsSubject = behaviour.referrers === true && subject !== undefined;
  return answer(201, {
    location: `/v2/${name}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(tellsSubject ? { "oci-subject": subject.digest } : {}),
  });
}

function missingChildren(
  form: "text" | "object" | "nothing",
  missing: readonly string[],
): Response {
  const errors = missing.map((digest) => ({
    code: "MANIFEST_BLOB_UNKNOWN",
    message: "blob unknown to registry",
    ...(form === "nothing" ? {} : { detail: form === "text" ? digest : { digest } }),
  }));
  return Response.json({ errors }, { status: form === "nothing" ? 404 : 400 });
}

function remove(
  { behaviour }: FakeState,
  { rest }: Call,
  held: FakeRepository,
  digest: string | undefined,
): Response {
  if (!behaviour.deletes) return complaint(405, "UNSUPPORTED");
  if (digest === undefined || !held.manifests.has(digest)) {
    return complaint(404, "MANIFEST_UNKNOWN");
  }
  if (rest !== digest && behaviour.untag === "refused") return complaint(400, "DIGEST_INVALID");
  if (rest !== digest && behaviour.untag === "tag") {
    held.tags.delete(rest);
    return answer(202);
  }
  held.manifests.delete(digest);
  for (const [tag, named] of held.tags) if (named === digest) held.tags.delete(tag);
  return answer(202);
}
