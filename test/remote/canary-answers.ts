/** Canary cases of lists, layers and everything that an answer can repeat. */
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { bytesOf, listOf } from "../failure.ts";
import {
  BLOB,
  BYTES,
  blob,
  type Case,
  echo,
  fetchBlob,
  fetchManifest,
  inHeader,
  MANIFEST,
  push,
  resolve,
  TOKENS,
} from "./canary-case.ts";
import type { Route, World } from "./canary-world.ts";

const page =
  (next: (world: World) => string, body: object): Route =>
  (_, world) => ({
    status: 200,
    headers: { "content-type": MediaType.ociIndex, link: `<${next(world)}>; rel="next"` },
    body: JSON.stringify(body),
  });
const foreign = (world: World): Descriptor =>
  Object.assign({ ...BLOB }, { urls: [`${world.at.other}/data`] });

/** The rest. */
export const OTHERS: readonly Case[] = [
  {
    name: "tags: the next page elsewhere",
    routes: {
      registry: page(({ at }) => `${at.other}/v2/team/app/tags/list`, {
        name: "team/app",
        tags: ["a"],
      }),
      other: () => ({ status: 200, body: '{"name":"team/app","tags":["b"]}' }),
    },
    act: (repository) => listOf(repository.tags()),
    knows: TOKENS,
    fails: /Link|elsewhere|other|another/,
  },
  {
    name: "referrers: the next page elsewhere",
    routes: {
      registry: (got, world) =>
        got.path.includes("/referrers/")
          ? page(({ at }) => `${at.other}/x`, {
              schemaVersion: 2,
              mediaType: MediaType.ociIndex,
              manifests: [MANIFEST],
            })(got, world)
          : { status: 404 },
    },
    act: (repository) => listOf(repository.referrers(MANIFEST)),
    knows: TOKENS,
    fails: /Link|elsewhere|other|another/,
  },
  {
    name: "layer with urls",
    routes: { other: blob },
    act: (repository, world) => bytesOf(repository.fetch(foreign(world))),
    knows: TOKENS,
    spares: ["other"],
    fails: /./,
  },
  ...[400, 403, 404, 405, 429, 500].map(
    (status): Case => ({
      name: `the registry repeats what it got, with ${status}`,
      challenge: "Basic",
      routes: { registry: echo(status) },
      act: push,
      knows: { registry: ["password"] },
      fails: new RegExp(`${status}`),
    }),
  ),
  {
    name: "the registry repeats a token",
    routes: { registry: echo(403) },
    act: push,
    knows: TOKENS,
    fails: /403/,
  },
  {
    name: "the registry repeats a registry token",
    login: "direct",
    routes: { registry: echo(403) },
    act: push,
    knows: { registry: ["direct"] },
    fails: /403/,
  },
  {
    name: "the registry refuses Basic and repeats it",
    challenge: (_, got) => inHeader(`Basic realm="${got.authorization ?? "x"}"`),
    routes: {
      registry: echo(401, (words) => ({ "www-authenticate": `Basic realm="${inHeader(words)}"` })),
    },
    act: push,
    knows: { registry: ["password"] },
    fails: /401/,
  },
  {
    name: "the registry refuses Basic and repeats it as a realm",
    challenge: "Basic",
    routes: {
      registry: ({ authorization = "" }) => ({
        status: 401,
        headers: { "www-authenticate": `Bearer realm="ftp://x/${authorization.slice(6)}"` },
      }),
    },
    act: push,
    knows: { registry: ["password"] },
    fails: /neither https nor http/,
  },
  {
    name: "the registry repeats it as a Warning",
    challenge: "Basic",
    routes: {
      registry: (got, world) => ({
        ...echo(200, (words) => ({ warning: `299 - "${inHeader(words)}"` }))(got, world)!,
        body: BYTES,
      }),
    },
    act: fetchBlob,
    knows: { registry: ["password"] },
  },
  {
    name: "the registry repeats it as a digest",
    challenge: "Basic",
    routes: {
      registry: echo(200, (words) => ({
        "docker-content-digest": inHeader(words),
        "content-type": inHeader(words),
        "content-length": "7",
      })),
    },
    act: resolve,
    knows: { registry: ["password"] },
    fails: /./,
  },
  {
    name: "the registry repeats it as a digest of what was pushed",
    challenge: "Basic",
    routes: {
      registry: echo(201, (words) => ({ "docker-content-digest": `sha256:${inHeader(words)}` })),
    },
    act: push,
    knows: { registry: ["password"] },
    fails: /stored other content/,
  },
  {
    name: "the registry repeats it as a manifest",
    challenge: "Basic",
    routes: {
      registry: (got, world) => ({
        ...echo(200)(got, world)!,
        headers: { "content-type": MediaType.ociManifest },
      }),
    },
    act: fetchManifest,
    knows: { registry: ["password"] },
    fails: /./,
  },
  {
    name: "the registry repeats it instead of a list of tags",
    challenge: "Basic",
    routes: {
      registry: ({ authorization }) => ({
        status: 200,
        body: `{"tags":[${authorization} x`,
      }),
    },
    act: (repository) => listOf(repository.tags()),
    knows: { registry: ["password"] },
    fails: /./,
  },
];
