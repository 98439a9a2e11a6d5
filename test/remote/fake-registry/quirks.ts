/**
 * What real registries do differently, one row each. Sources: the field notes (`docs/`), issues named in the rows, and for
 * Debian's distribution 2.8.2 the thing itself.
 */
import type { Authorizer } from "../../../src/remote/authorizer.ts";
import type { Handler } from "../handler-transport.ts";
import type { Behaviour } from "./behaviour.ts";
import { answer, complaint } from "./registry.ts";

/** A way in which a registry differs. */
export interface Quirk {
  readonly name: string;
  /** Who does it, and who says so. */
  readonly source: string;
  readonly behaviour: () => Partial<Behaviour>;
  /** The row of the profiles that is used; none where the client must find out by itself. */
  readonly profile?: string;
  readonly authorizer?: Authorizer;
  /** Requests of a first push of the sample of two platforms, where it matters. */
  readonly cold?: number;
  /** Requests of a push of what is there. */
  readonly again?: number;
  /** Is a blob of many chunks pushed and read as well? */
  readonly large?: boolean;
}

type Around = Behaviour["around"];

/** Every request but those that are meant goes its way. */
function when(
  meant: (request: Request, url: URL) => boolean,
  instead: (request: Request, next: Handler) => Promise<Response> | Response,
): Around {
  return (request, next) =>
    meant(request, new URL(request.url)) ? instead(request, next) : next(request);
}

/** The first few requests that are meant, and then no more. */
function firstFew(
  count: number,
  meant: (request: Request, url: URL) => boolean,
  instead: () => Response,
): Around {
  let left = count;
  return when((request, url) => meant(request, url) && left-- > 0, instead);
}

const isManifest = (_: Request, url: URL) => url.pathname.includes("/manifests/");
const isHead = (request: Request) => request.method === "HEAD";

/** The same answer with other headers. */
async function relabelled(
  request: Request,
  next: Handler,
  change: (headers: Headers) => void,
): Promise<Response> {
  const response = await next(request);
  const headers = new Headers(response.headers);
  change(headers);
  return new Response(response.body, { status: response.status, headers });
}

/** A storage behind the registry which takes no header that is not for it. */
const storage: Around = (request, next) => {
  const isElsewhere = new URL(request.url).hostname !== "registry.example";
  if (isElsewhere && request.headers.has("authorization")) return answer(400);
  return next(request);
};

const bearer: Authorizer = {
  authorize: async () => "Bearer for-the-registry-alone",
  refused: async () => false,
};

/** Forms of `Location`. */
const LOCATIONS: Readonly<Record<string, (url: URL) => string>> = {
  absolute: ({ href }) => href,
  "from the root": ({ pathname }) => pathname,
  "relative to the request": ({ pathname }) => pathname.split("/").at(-1) ?? "",
  "without a scheme": ({ host, pathname }) => `//${host}${pathname}`,
  "with a query": ({ href }) => `${href}?_state=a%2Bb+c%3D&x`,
  "with an empty query": ({ pathname }) => `${pathname}?`,
  "with a fragment": ({ pathname }) => `${pathname}#part?digest=none`,
  "with the port spelt out": ({ pathname }) => `https://registry.example:443${pathname}`,
};

/** Ways to say that a tag stays. */
const IMMUTABLE: Readonly<Record<string, { readonly status: number; readonly body: string }>> = {
  ECR: {
    status: 400,
    body: '{"errors":[{"code":"TAG_INVALID","message":"The image tag \'1.0\' already exists in the \'team/pause\' repository and cannot be overwritten because the tag is immutable."}]}',
  },
  Harbor: {
    status: 412,
    body: '{"errors":[{"code":"PRECONDITION","message":"Failed to process request due to \'pause:1.0\' configured as immutable."}]}',
  },
  "a conflict": { status: 409, body: '{"errors":[{"code":"TAG_IMMUTABLE"}]}' },
  "a proxy": { status: 403, body: "tags are immutable here" },
};

/** The rows. */
export const QUIRKS: readonly Quirk[] = [
  { name: "the specification", source: "v1.1", behaviour: () => ({}), cold: 8, large: true },
  {
    name: "a single POST is answered with 202",
    source: "distribution 2.8.2, tried",
    behaviour: () => ({ singlePost: "ignored" }),
    cold: 12,
  },
  {
    name: "a single POST is not tried where it is known to be ignored",
    source: "distribution, profile",
    behaviour: () => ({ singlePost: "ignored", referrers: false, missing: "text" }),
    profile: "distribution",
    cold: 12,
    large: true,
  },
  ...[400, 404, 405, 411, 501].map((status) => ({
    name: `a single POST is refused with ${status}`,
    source: "the specification leaves it open",
    behaviour: () => ({ singlePost: status }),
  })),
  ...[200, 202, 204].map((status) => ({
    name: `uploads are answered with ${status}`,
    source: "reported of several",
    behaviour: () => ({
      singlePost: "ignored" as const,
      taken: { post: status, patch: status, put: status },
    }),
    large: true,
  })),
  ...[200, 204].map((status) => ({
    name: `a single POST that did is answered with ${status}`,
    source: "reported of several",
    behaviour: () => ({ taken: { post: status, patch: 202, put: 201 } }),
  })),
  {
    name: "PUT with bytes is 404, PATCH is needed",
    source: "Artifactory, without its profile",
    behaviour: () => ({ singlePost: "ignored", putsBytes: false }),
  },
  {
    name: "PATCH is needed, and HEAD says 403 for what is not there",
    source: "Artifactory",
    behaviour: () => ({
      singlePost: "ignored",
      putsBytes: false,
      around: async (request, next) => {
        const response = await next(request);
        return isHead(request) && response.status === 404 ? answer(403) : response;
      },
    }),
    profile: "artifactory",
    large: true,
  },
  {
    name: "HEAD says 403 for what is not there",
    source: "Artifactory, without its profile",
    behaviour: () => ({
      around: async (request, next) => {
        const response = await next(request);
        return isHead(request) && response.status === 404 ? answer(403) : response;
      },
    }),
    large: true,
  },
  ...Object.entries(LOCATIONS).map(([form, location]) => ({
    name: `Location ${form}`,
    source: "reported of several",
    behaviour: () => ({ singlePost: "ignored" as const, location }),
    cold: 12,
    large: true,
  })),
  {
    name: "uploads go to a storage that refuses credentials",
    source: "S3, Azure and Google storage behind registries",
    behaviour: () => ({
      singlePost: "ignored",
      location: ({ pathname }) => `https://storage.example${pathname}?signature=x%2By`,
      around: storage,
    }),
    authorizer: bearer,
    large: true,
  },
  {
    name: "downloads are redirected to a storage that refuses credentials",
    source: "most cloud registries",
    behaviour: () => ({
      around: when(
        (request, url) =>
          request.method === "GET" &&
          url.hostname === "registry.example" &&
          url.pathname.includes("/blobs/sha"),
        (request) =>
          answer(307, {
            location: `https://storage.example${new URL(request.url).pathname}?signature=x`,
          }),
      ),
    }),
    authorizer: bearer,
    large: true,
  },
  {
    name: "PATCH is not known",
    source: "reported of small registries",
    behaviour: () => ({ singlePost: "ignored", patches: false }),
    large: true,
  },
  {
    name: "a second PATCH is discarded",
    source: "ECR, profile",
    behaviour: () => ({ singlePost: "ignored", secondPatch: "forgotten" }),
    profile: "ecr",
    large: true,
  },
  {
    name: "a second PATCH counts but is not told of",
    source: "ECR, aws/containers-roadmap issue 2831",
    behaviour: () => ({ singlePost: "ignored", secondPatch: "unsaid" }),
    large: true,
  },
  {
    name: "at most 1000 tags a page, or else 400",
    source: "ECR, distribution 3",
    behaviour: () => ({ pageLimit: 1000, strictPages: true }),
  },
  {
    name: "at most 50 tags a page, or else 400",
    source: "reported of several",
    behaviour: () => ({ pageLimit: 50, strictPages: true }),
  },
  {
    name: "a page of tags has one tag",
    source: "the specification allows it",
    behaviour: () => ({ pageLimit: 1 }),
  },
  {
    name: "4 MiB a PATCH, no referrers API, and what was pushed shows late",
    source: "GHCR",
    behaviour: () => ({
      singlePost: "ignored",
      patchLimit: 4 * 1024 * 1024,
      referrers: false,
      lag: 3,
    }),
    profile: "ghcr",
    again: 4,
    large: true,
  },
  {
    name: "no chunks",
    source: "Artifact Registry",
    behaviour: () => ({ singlePost: "ignored", secondPatch: "refused" }),
    profile: "gar",
    large: true,
  },
  {
    name: "a smallest chunk",
    source: "the specification, OCI-Chunk-Min-Length",
    behaviour: () => ({ singlePost: "ignored", patchLeast: 6 * 1024 * 1024 }),
    large: true,
  },
  {
    name: "429 on PUT of manifests",
    source: "ACR",
    behaviour: () => ({
      around: firstFew(
        4,
        (request, url) => request.method === "PUT" && isManifest(request, url),
        () => answer(429, { "retry-after": "7" }),
      ),
    }),
    profile: "acr",
  },
  {
    name: "429 with plain text",
    source: "Docker Hub",
    behaviour: () => ({
      around: firstFew(
        3,
        isManifest,
        () => new Response("Too Many Requests (HAP429).\n", { status: 429 }),
      ),
    }),
    profile: "dockerhub",
    large: true,
  },
  {
    name: "HEAD gives another length than GET",
    source: "Harbor, without its profile",
    behaviour: () => ({
      around: when(isManifest, (request, next) =>
        relabelled(request, next, (headers) => {
          if (isHead(request) && headers.has("docker-content-digest")) {
            headers.set("content-length", "17");
          }
        }),
      ),
    }),
  },
  {
    name: "HEAD gives another length than GET, and says UNKNOWN for what is not there",
    source: "Harbor",
    behaviour: () => ({
      around: async (request, next) => {
        const response = await next(request);
        if (response.status === 404) return complaint(404, "UNKNOWN");
        if (!isHead(request) || !new URL(request.url).pathname.includes("/manifests/")) {
          return response;
        }
        const headers = new Headers(response.headers);
        headers.set("content-length", "17");
        return new Response(null, { status: response.status, headers });
      },
      untag: "refused",
    }),
    profile: "harbor",
  },
  ...(["docker-content-digest", "content-type", "content-length"] as const).map((name) => ({
    name: `HEAD has no ${name}`,
    source: "reported of several",
    behaviour: () => ({
      around: when(isHead, (request: Request, next: Handler) =>
        relabelled(request, next, (headers) => headers.delete(name)),
      ),
    }),
    again: 2,
  })),
  ...[405, 429].map((status) => ({
    name: `HEAD is answered with ${status} and GET is not`,
    source: "reported of several, Docker Hub throttles",
    behaviour: () => ({ around: when(isHead, () => answer(status)) }),
    again: status === 429 ? 6 : 2,
    large: true,
  })),
  {
    name: "answers to GET of manifests have no type and no digest",
    source: "static mirrors",
    behaviour: () => ({
      around: when(isManifest, (request, next) =>
        relabelled(request, next, (headers) => {
          if (request.method === "PUT") return;
          headers.delete("content-type");
          headers.delete("docker-content-digest");
        }),
      ),
    }),
    again: 2,
  },
  {
    name: "types have parameters",
    source: "RFC 9110 allows it",
    behaviour: () => ({
      around: (request, next) =>
        relabelled(request, next, (headers) => {
          const type = headers.get("content-type");
          if (type !== null) headers.set("content-type", `${type}; charset=utf-8`);
        }),
    }),
  },
  {
    name: "a mount is refused with 401",
    source: "GitLab, from another project",
    behaviour: () => ({ mounts: 401 }),
    profile: "gitlab",
  },
  { name: "a mount is refused with 400", source: "Quay", behaviour: () => ({ mounts: 400 }) },
  {
    name: "a mount is ignored",
    source: "the specification",
    behaviour: () => ({ mounts: "ignored" }),
  },
  {
    name: "Range of a PATCH answer counts from the chunk",
    source: "Aliyun, regclient issue 627",
    behaviour: () => ({ singlePost: "ignored", rangeOfChunk: true }),
    large: true,
  },
  {
    name: "411 without Content-Length on PUT of manifests",
    source: "Nexus",
    behaviour: () => ({ referrers: false }),
    profile: "nexus",
  },
  {
    name: "no referrers API",
    source: "distribution 2.8 and 3",
    behaviour: () => ({ referrers: false }),
  },
  {
    name: "a page of HTML instead of referrers",
    source: "reported of several: a false 200",
    behaviour: () => ({ referrers: "html" }),
  },
  {
    name: "a list of referrers that is always empty",
    source: "reported of several: a false 200",
    behaviour: () => ({ referrers: "empty" }),
  },
  {
    name: "referrers are not filtered",
    source: "the specification allows it",
    behaviour: () => ({ filters: false }),
  },
  {
    name: "referrers are listed and filtered by the type of their config",
    source: "zot 1.4.3, tried",
    behaviour: () => ({ referrers: "config" }),
  },
  {
    name: "what refers to something is refused before that is there",
    source: "zot 1.4.3, tried",
    behaviour: () => ({ referrers: "config", checksSubject: true, checksChildren: false }),
    profile: "zot",
  },
  {
    name: "children are not looked for",
    source: "several take a manifest before its blobs",
    behaviour: () => ({ checksChildren: false }),
  },
  {
    name: "Range is ignored",
    source: "the specification allows it",
    behaviour: () => ({ ranges: false }),
    large: true,
  },
  ...Object.entries(IMMUTABLE).map(([who, immutable]) => ({
    name: `tags stay as they are, ${immutable.status}`,
    source: who,
    behaviour: () => ({ immutable, referrers: true as const }),
  })),
];
