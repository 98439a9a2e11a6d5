/**
 * Every route with what can be done to it.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 * @module
 */
import { deleteBlob, getBlob } from "./blobs.ts";
import type { Contents } from "./contents.ts";
import { type Incoming, json, type Outgoing } from "./exchange.ts";
import { type Guest, toGuest } from "./guest.ts";
import { listReferrers, listRepositories, listTags } from "./listing.ts";
import { deleteManifest, getManifest, putManifest } from "./manifests.ts";
import type { RouteName } from "./record.ts";
import { refuse } from "./refusal.ts";
import {
  isWritable,
  type Repositories,
  type Repository,
  type WritableRepositories,
} from "./repositories.ts";
import type { Route } from "./route.ts";
import {
  deleteUpload,
  getUpload,
  patchUpload,
  postUpload,
  putUpload,
  type UploadContext,
} from "./uploads.ts";

/** What the endpoints work on. */
export interface Endpoints {
  readonly repositories: Repositories;
  readonly contents: Contents;
  /** Most bytes of a blob that is pushed. */
  readonly blobLimit: number;
  readonly metrics: Guest | undefined;
  readonly page: Guest | undefined;
}

const READ = ["GET", "HEAD"];

const METHODS: Readonly<Record<RouteName, readonly string[]>> = {
  base: READ,
  catalog: READ,
  tags: READ,
  manifest: [...READ, "PUT", "DELETE"],
  blob: [...READ, "DELETE"],
  uploads: ["POST"],
  upload: ["GET", "PATCH", "PUT", "DELETE"],
  referrers: READ,
  metrics: READ,
  page: READ,
  unknown: [],
};

/** Answers a request that may pass. */
export async function dispatch(
  incoming: Incoming,
  route: Route,
  endpoints: Endpoints,
): Promise<Outgoing> {
  const { repositories } = endpoints;
  const { method } = incoming;
  const methods = METHODS[route.name];
  if (methods.length === 0) return nothingHere();
  if (!methods.includes(method)) return cannot(methods);
  switch (route.name) {
    case "base":
      return json({});
    case "catalog":
      return listRepositories(incoming, repositories);
    case "metrics":
      return (await toGuest(incoming, endpoints.metrics)) ?? nothingHere();
    case "page":
      return (await toGuest(incoming, endpoints.page)) ?? nothingHere();
  }
  const name = route.repository;
  if (!route.wellNamed) return refuse("NAME_INVALID", "That is not the name of a repository");
  if (route.name === "referrers") {
    return listReferrers(incoming, await repositories.open(name), name, route.reference);
  }
  if (READ.includes(method) && route.name !== "upload") {
    const repository = await repositories.open(name);
    return repository === undefined ? noRepository() : read(incoming, route, repository, endpoints);
  }
  if (isWritable(repositories)) return write(incoming, route, repositories, endpoints);
  const only = methods.filter((one) => READ.includes(one));
  return cannot(only, "This registry can only be pulled from");
}

function read(
  incoming: Incoming,
  { name: route, repository: name, reference }: Route,
  repository: Repository,
  { contents }: Endpoints,
): Promise<Outgoing> {
  if (route === "tags") return listTags(incoming, repository, name);
  if (route === "blob") return getBlob(incoming, repository, reference, contents);
  return getManifest(repository, reference, contents);
}

async function write(
  incoming: Incoming,
  { name: route, repository: name, reference }: Route,
  repositories: WritableRepositories,
  { blobLimit: limit }: Endpoints,
): Promise<Outgoing> {
  const { method } = incoming;
  if (route === "uploads") {
    return postUpload(incoming, { repository: await repositories.create(name), name, limit });
  }
  if (route === "manifest" && method === "PUT") {
    return putManifest(incoming, await repositories.create(name), name, reference);
  }
  const repository = await repositories.open(name);
  if (repository === undefined) return noRepository();
  if (route === "manifest") return deleteManifest(repository, reference);
  if (route === "blob") return deleteBlob(repository, reference);
  return goOn(incoming, reference, { repository, name, limit });
}

async function goOn(incoming: Incoming, id: string, context: UploadContext): Promise<Outgoing> {
  const upload = await context.repository.findUpload(id);
  if (upload === undefined) {
    return refuse("BLOB_UPLOAD_UNKNOWN", "There is no such upload in this repository");
  }
  switch (incoming.method) {
    case "GET":
      return getUpload(context.name, upload);
    case "PATCH":
      return upload.alone(() => patchUpload(incoming, context, upload));
    case "PUT":
      return upload.alone(() => putUpload(incoming, context, upload));
    default:
      return upload.alone(() => deleteUpload(upload));
  }
}

function cannot(
  methods: readonly string[],
  why = "That cannot be done to what the path names",
): Outgoing {
  return refuse("UNSUPPORTED", why, { headers: { allow: methods.join(", ") } });
}

function noRepository(): Outgoing {
  return refuse("NAME_UNKNOWN", "There is no such repository");
}

function nothingHere(): Outgoing {
  return refuse("UNSUPPORTED", "There is nothing at this path", { status: 404 });
}
