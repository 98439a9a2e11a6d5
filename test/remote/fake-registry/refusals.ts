/** What real registries refuse, one row each: the error must say so, and what else was pushed must stay. */
import { MediaType } from "../../../src/oci/media-type.ts";
import type { Behaviour } from "./behaviour.ts";
import { complaint, type FakeRegistry } from "./registry.ts";

/** A refusal. */
export interface Refusal {
  readonly name: string;
  readonly source: string;
  readonly around: (registry: () => FakeRegistry) => Behaviour["around"];
  readonly profile?: string;
  /** What is pushed that is refused. */
  readonly what: "signature" | "docker" | "index over a tag of a manifest" | "anything";
  /** What the error or its hint must speak of. */
  readonly says: RegExp;
}

/** The body of a request, which goes on unread. */
async function textOf(request: Request): Promise<string> {
  return request.clone().text();
}

const isPut = (request: Request) =>
  request.method === "PUT" && new URL(request.url).pathname.includes("/manifests/");

const noEmptyConfig: Refusal["around"] = () => async (request, next) =>
  isPut(request) && (await textOf(request)).includes(`"${MediaType.ociEmpty}"`)
    ? complaint(400, "MANIFEST_INVALID")
    : next(request);

/** The rows. */
export const REFUSALS: readonly Refusal[] = [
  ...["aliyun", "huawei"].map(
    (profile): Refusal => ({
      name: "the media type of an empty config",
      source: profile,
      around: noEmptyConfig,
      profile,
      what: "signature",
      says: /empty config/,
    }),
  ),
  {
    name: "the media type of an empty config, known by no profile",
    source: "a registry that behaves as Aliyun's",
    around: noEmptyConfig,
    what: "signature",
    says: /empty config/,
  },
  {
    name: "Docker's media types",
    source: "zot",
    around: () => (request, next) =>
      isPut(request) && request.headers.get("content-type")?.includes("docker")
        ? complaint(415, "MANIFEST_INVALID")
        : next(request),
    profile: "zot",
    what: "docker",
    says: /OCI format/,
  },
  {
    name: "to turn a tag from a manifest into an index",
    source: "zot",
    around: (registry) => (request, next) => {
      const tag = new URL(request.url).pathname.split("/").at(-1) ?? "";
      const { tags, manifests } = registry().repository("team/pause");
      const before = manifests.get(tags.get(tag) ?? "")?.mediaType;
      const after = request.headers.get("content-type");
      return isPut(request) && before !== undefined && before !== after
        ? complaint(400, "MANIFEST_INVALID", "cannot overwrite an image with an index")
        : next(request);
    },
    profile: "zot",
    what: "index over a tag of a manifest",
    says: /MANIFEST_INVALID/,
  },
  {
    name: "a project that is not there",
    source: "Harbor",
    around: () => (request, next) =>
      request.method === "POST"
        ? complaint(404, "NOT_FOUND", "project team not found")
        : next(request),
    profile: "harbor",
    what: "anything",
    says: /the project/,
  },
  {
    name: "a repository that is not there",
    source: "ECR, unless it creates them on push",
    around: () => (request, next) =>
      request.method === "POST" ? complaint(404, "NAME_UNKNOWN") : next(request),
    profile: "ecr",
    what: "anything",
    says: /the repository/,
  },
  {
    name: "a policy",
    source: "Harbor",
    around: () => (request, next) =>
      isPut(request) ? complaint(412, "PROJECTPOLICYVIOLATION") : next(request),
    profile: "harbor",
    what: "anything",
    says: /policy/i,
  },
  {
    name: "a quota",
    source: "Harbor, Quay",
    around: () => (request, next) =>
      request.method === "PUT" ? complaint(413, "DENIED", "quota exceeded") : next(request),
    what: "anything",
    says: /too large|413/,
  },
  {
    name: "who we are",
    source: "all of them",
    around: () => () => complaint(403, "DENIED"),
    what: "anything",
    says: /rights|log in/i,
  },
];
