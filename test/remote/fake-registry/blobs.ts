/** Blobs of the fake registry: reading, uploads, mounts, deletion. */
import {
  answer,
  bodyOf,
  type Call,
  complaint,
  content,
  type FakeState,
  fits,
  lags,
  type Upload,
} from "./registry.ts";

const BINARY = "application/octet-stream";

/** Answers requests below `blobs/`. */
export async function blobs(state: FakeState, call: Call): Promise<Response> {
  const { request, rest } = call;
  if (!rest.startsWith("uploads/")) return blob(state, call);
  const id = rest.slice("uploads/".length);
  if (request.method === "POST" && id === "") return begin(state, call);
  const upload = state.uploads.get(id);
  if (upload === undefined) return complaint(404, "BLOB_UPLOAD_UNKNOWN");
  switch (request.method) {
    case "GET":
      return answer(204, { location: locationOf(state, call, id), range: rangeOf(upload.bytes) });
    case "PATCH":
      return patch(state, call, id, upload);
    case "PUT":
      return put(state, call, id, upload);
    case "DELETE":
      state.uploads.delete(id);
      return answer(204);
    default:
      return complaint(405, "UNSUPPORTED");
  }
}

function blob({ repository, behaviour }: FakeState, { request, name, rest }: Call): Response {
  const held = repository(name);
  const bytes = held.blobs.get(rest);
  if (bytes === undefined || lags(held, rest)) return complaint(404, "BLOB_UNKNOWN");
  if (request.method === "DELETE") {
    if (!behaviour.deletes) return complaint(405, "UNSUPPORTED");
    held.blobs.delete(rest);
    return answer(202);
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (range === null || !behaviour.ranges || request.method !== "GET") {
    return content(request.method, bytes, BINARY, rest);
  }
  const [first, last] = [Number(range[1]), Number(range[2] || bytes.byteLength - 1)];
  if (first >= bytes.byteLength) return answer(416);
  const part = bytes.slice(first, last + 1);
  return new Response(part, {
    status: 206,
    headers: {
      "content-length": `${part.byteLength}`,
      "content-range": `bytes ${first}-${first + part.byteLength - 1}/${bytes.byteLength}`,
    },
  });
}

async function begin(state: FakeState, call: Call): Promise<Response> {
  const { behaviour, repository } = state;
  const { request, url, name } = call;
  const [digest, mount, from] = ["digest", "mount", "from"].map((key) => url.searchParams.get(key));
  if (mount && from) {
    if (typeof behaviour.mounts === "number") return complaint(behaviour.mounts, "DENIED");
    const bytes = repository(from).blobs.get(mount);
    if (bytes !== undefined && behaviour.mounts === true) {
      repository(name).blobs.set(mount, bytes);
      return answer(201, {
        location: `/v2/${name}/blobs/${mount}`,
        "docker-content-digest": mount,
      });
    }
  }
  if (digest && typeof behaviour.singlePost === "number") {
    return complaint(behaviour.singlePost, "UNSUPPORTED");
  }
  const bytes = await bodyOf(request);
  if (digest && behaviour.singlePost === true) {
    return store(state, call, digest, bytes, behaviour.taken.post);
  }
  const id = `upload-${state.count()}`;
  state.uploads.set(id, { bytes: new Uint8Array(), patches: 0 });
  return answer(202, {
    location: locationOf(state, call, id),
    range: "0-0",
    ...(behaviour.patchLeast > 0 ? { "oci-chunk-min-length": `${behaviour.patchLeast}` } : {}),
  });
}

async function patch(state: FakeState, call: Call, id: string, upload: Upload): Promise<Response> {
  const { behaviour } = state;
  const bytes = await bodyOf(call.request);
  if (!behaviour.patches) return complaint(405, "UNSUPPORTED");
  const range = /^(\d+)-(\d+)$/.exec(call.request.headers.get("content-range") ?? "");
  if (bytes.byteLength > behaviour.patchLimit) return complaint(413, "SIZE_INVALID");
  if (range !== null && Number(range[1]) !== upload.bytes.byteLength) {
    return answer(416, { range: rangeOf(upload.bytes), location: locationOf(state, call, id) });
  }
  const before = rangeOf(upload.bytes);
  if (upload.patches > 0 && behaviour.secondPatch === "refused") {
    return complaint(400, "BLOB_UPLOAD_INVALID");
  }
  if (upload.patches === 0 || behaviour.secondPatch !== "forgotten") {
    upload.bytes = Buffer.concat([upload.bytes, bytes]);
  }
  upload.patches++;
  const first = upload.patches === 1 || behaviour.secondPatch === "taken";
  const said = behaviour.rangeOfChunk ? rangeOf(bytes) : first ? rangeOf(upload.bytes) : before;
  return answer(behaviour.taken.patch, { location: locationOf(state, call, id), range: said });
}

async function put(state: FakeState, call: Call, id: string, upload: Upload): Promise<Response> {
  const bytes = await bodyOf(call.request);
  if (bytes.byteLength > 0 && !state.behaviour.putsBytes) return answer(404);
  const digest = call.url.searchParams.get("digest") ?? "";
  const all = Buffer.concat([upload.bytes, bytes]);
  const stored = store(state, call, digest, all, state.behaviour.taken.put);
  if (stored.ok) state.uploads.delete(id);
  return stored;
}

function store(
  { repository, behaviour }: FakeState,
  { name }: Call,
  digest: string,
  bytes: Uint8Array,
  status: number,
): Response {
  if (!fits(bytes, digest)) return complaint(400, "DIGEST_INVALID");
  const held = repository(name);
  if (!held.blobs.has(digest)) held.lags.set(digest, behaviour.lag);
  held.blobs.set(digest, bytes);
  const location = `/v2/${name}/blobs/${digest}`;
  return answer(status, { location, "docker-content-digest": digest });
}

function locationOf({ behaviour }: FakeState, { url, name }: Call, id: string): string {
  return behaviour.location(new URL(`/v2/${name}/blobs/uploads/${id}`, url.origin));
}

function rangeOf(bytes: Uint8Array): string {
  return `0-${Math.max(0, bytes.byteLength - 1)}`;
}
