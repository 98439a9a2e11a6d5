/** What a canary case is, and what its servers say. */
import { describe } from "../../src/oci/descriptor.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import type { Repository } from "../../src/remote/repository.ts";
import { bytesOf } from "../failure.ts";
import {
  type Got,
  type Login,
  type Place,
  type Reply,
  type Route,
  SECRETS,
  type Secret,
  type World,
} from "./canary-world.ts";

export const BYTES = Buffer.from("a layer");
export const BLOB = describe(MediaType.ociLayerGzip, BYTES);
export const MANIFEST_BYTES = encodeJson({
  schemaVersion: 2,
  mediaType: MediaType.ociManifest,
  config: describe(MediaType.ociConfig, Buffer.from("{}")),
  layers: [BLOB],
});
export const MANIFEST = describe(MediaType.ociManifest, MANIFEST_BYTES);

/** Somebody who tries to have credentials sent astray or printed. */
export interface Case {
  readonly name: string;
  /** @default "password" */
  readonly login?: Login;
  /** How the registry wants to be asked. @default the token service at `auth` */
  readonly challenge?: string | ((world: World, got: Got) => string);
  /** Answers of the registry to who is let in, and of the others. */
  readonly routes?: Partial<Record<Place, Route>>;
  readonly act: (repository: Repository, world: World) => Promise<unknown>;
  /** Exactly who gets to know which secrets. */
  readonly knows: Partial<Record<Place, readonly Secret[]>>;
  /** Who must have been asked, or the case shows nothing. */
  readonly asks?: readonly Place[];
  /** Who must not even have been asked. */
  readonly spares?: readonly Place[];
  /** What the error says; without it the work must succeed. */
  readonly fails?: RegExp;
}

export const TOKENS = { auth: ["password"], registry: ["token"] } as const;
export const fetchBlob = (repository: Repository) => bytesOf(repository.fetch(BLOB));
export const fetchManifest = (repository: Repository) => bytesOf(repository.fetch(MANIFEST));
export const resolve = (repository: Repository) => repository.resolve("1.0");
export const push = (repository: Repository) => repository.push(BLOB, BYTES);
export const realm = (url: string) => `Bearer realm="${url}",service="s"`;
export const to =
  (status: number, location: (world: World) => string): Route =>
  (_, world) => ({
    status,
    headers: { location: location(world) },
  });
export const blob: Route = () => ({ status: 200, body: BYTES });
/** Repeats what was sent to it in a way, at every place where it can be written. */
export const echo =
  (status: number, headers: (said: string) => Reply["headers"] = () => ({})): Route =>
  ({ authorization = "", text }) => {
    const words = `${authorization} ${decodedBasic(authorization)} ${encodeURIComponent(SECRETS.password)}`;
    const body = JSON.stringify({ errors: [{ code: "DENIED", message: words, detail: text }] });
    return { status, headers: { "content-type": "application/json", ...headers(words) }, body };
  };

export function decodedBasic(authorization: string): string {
  return Buffer.from(authorization.replace(/^\w+ /, ""), "base64").toString();
}

/** Words that fit into a header. */
export const inHeader = (words: string) =>
  Buffer.from(words.replace(/\p{Cc}/gu, "")).toString("latin1");

/** What a token service gives. */
export function mint({ method }: Got): Reply {
  const name = method === "POST" ? "access_token" : "token";
  return { status: 200, body: JSON.stringify({ [name]: SECRETS.token, expires_in: 300 }) };
}
