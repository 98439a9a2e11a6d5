/** Canary cases of uploads. */
import { expect } from "vitest";
import { describe } from "../../src/oci/descriptor.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import {
  BLOB,
  type Case,
  echo,
  inHeader,
  MANIFEST,
  MANIFEST_BYTES,
  push,
  TOKENS,
  to,
} from "./canary-case.ts";
import type { Route, World } from "./canary-world.ts";

/** Redirects one method, and has the manifest for those that look first. */
const redirects =
  (method: string): Route =>
  (got, world) =>
    got.method === method
      ? { status: 307, headers: { location: `${world.at.other}/up` } }
      : { status: 200, headers: { "content-type": MediaType.ociManifest }, body: MANIFEST_BYTES };

const LARGE = Buffer.alloc(1024 * 1024 + 1, "x");

/** Begins an upload that goes on elsewhere. */
const upload =
  (location: (world: World) => string): Route =>
  (got, world) =>
    got.method === "POST"
      ? { status: 202, headers: { location: location(world) } }
      : { status: 201 };
const taken: Route = ({ method }) => (method === "PUT" ? { status: 201 } : { status: 404 });
const stream = async function* () {
  yield LARGE;
};
const LARGE_BLOB = describe(MediaType.ociLayerGzip, LARGE);

/** Writes that are sent elsewhere. */
export const UPLOADS: readonly Case[] = [
  {
    name: "upload: Location elsewhere",
    routes: { registry: upload(({ at }) => `${at.other}/up?state=1`), other: taken },
    act: push,
    knows: TOKENS,
    asks: ["other"],
  },
  {
    name: "upload: Location elsewhere, with Basic",
    challenge: "Basic",
    routes: { registry: upload(({ at }) => `${at.other}/up`), other: taken },
    act: push,
    knows: { registry: ["password"] },
    asks: ["other"],
  },
  {
    name: "upload: Location elsewhere, with a registry token",
    login: "direct",
    routes: { registry: upload(({ at }) => `${at.other}/up`), other: taken },
    act: push,
    knows: { registry: ["direct"] },
    asks: ["other"],
  },
  {
    name: "upload: Location without a scheme",
    routes: { registry: upload(({ at }) => `${at.other.slice(5)}/up`), other: taken },
    act: push,
    knows: TOKENS,
    asks: ["other"],
  },
  {
    name: "upload: Location on the same port of localhost",
    challenge: "Basic",
    routes: { registry: upload(({ at }) => `${at.alias}/up`), alias: taken },
    act: push,
    knows: { registry: ["password"] },
    asks: ["alias"],
  },
  {
    name: "upload: Location on 127.0.0.2",
    routes: { registry: upload(({ at }) => `${at.far}/up`), far: taken },
    act: push,
    knows: TOKENS,
    asks: ["far"],
  },
  {
    name: "upload: Location with a user in it",
    routes: {
      registry: upload(({ at }) => `${at.other.replace("//", "//hanna:x@")}/up`),
      other: taken,
    },
    act: push,
    knows: TOKENS,
    spares: ["other"],
    fails: /user/,
  },
  {
    name: "upload: Location on a private address",
    routes: { registry: upload(() => "http://10.255.255.1/up") },
    act: push,
    knows: TOKENS,
    fails: /10\.255\.255\.1/,
  },
  {
    name: "upload: Location on the metadata service",
    routes: { registry: upload(() => "http://169.254.169.254/up") },
    act: push,
    knows: TOKENS,
    fails: /169\.254\.169\.254/,
  },
  {
    name: "upload: Location of another kind, with what it got",
    challenge: "Basic",
    routes: {
      registry: echo(202, (words) => ({
        location: `ftp://${inHeader(words).replaceAll(" ", "/")}`,
      })),
    },
    act: push,
    knows: { registry: ["password"] },
    fails: /Location/,
  },
  {
    name: "upload: elsewhere wants Basic",
    challenge: "Basic",
    routes: {
      registry: upload(({ at }) => `${at.other}/up`),
      other: () => ({ status: 401, headers: { "www-authenticate": "Basic realm=x" } }),
    },
    act: push,
    knows: { registry: ["password"] },
    asks: ["other"],
    fails: /401/,
  },
  {
    name: "upload: POST redirects",
    routes: { registry: to(307, ({ at }) => `${at.other}/up`), other: taken },
    act: push,
    knows: TOKENS,
    spares: ["other"],
    fails: /307/,
  },
  {
    name: "upload: PATCH moves elsewhere",
    routes: {
      registry: (got, { at }) =>
        ({
          POST: { status: 202, headers: { location: "/up" } },
          PATCH: { status: 202, headers: { location: `${at.other}/up` } },
        })[got.method],
      other: taken,
    },
    act: (repository) => repository.push(LARGE_BLOB, stream()),
    knows: TOKENS,
    asks: ["other"],
  },
  {
    name: "upload: a mount begins one elsewhere",
    routes: { registry: upload(({ at }) => `${at.other}/up`), other: taken },
    act: async (repository) => {
      expect(await repository.mount(BLOB, "team/base")).toBe(false);
      await push(repository);
    },
    knows: TOKENS,
    asks: ["other"],
  },
  {
    name: "manifest: PUT redirects",
    routes: { registry: redirects("PUT"), other: taken },
    act: (repository) => repository.push(MANIFEST, MANIFEST_BYTES),
    knows: TOKENS,
    spares: ["other"],
    fails: /307/,
  },
  {
    name: "delete: redirects",
    routes: { registry: redirects("DELETE"), other: () => ({ status: 202 }) },
    act: (repository) => repository.delete(MANIFEST),
    knows: TOKENS,
    spares: ["other"],
    fails: /307/,
  },
];
