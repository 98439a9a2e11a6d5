/** Canary cases of redirects. */
import { MediaType } from "../../src/oci/media-type.ts";
import {
  BLOB,
  blob,
  type Case,
  decodedBasic,
  echo,
  fetchBlob,
  fetchManifest,
  inHeader,
  MANIFEST_BYTES,
  realm,
  TOKENS,
  to,
} from "./canary-case.ts";
import type { World } from "./canary-world.ts";

/** Reads that are sent elsewhere. */
export const REDIRECTS: readonly Case[] = [
  ...[301, 302, 303, 307, 308].map(
    (status): Case => ({
      name: `blob: redirects with ${status}`,
      routes: { registry: to(status, ({ at }) => `${at.other}/data`), other: blob },
      act: fetchBlob,
      knows: TOKENS,
      asks: ["other"],
    }),
  ),
  {
    name: "blob: redirects who came with Basic",
    challenge: "Basic",
    routes: { registry: to(307, ({ at }) => `${at.other}/data`), other: blob },
    act: fetchBlob,
    knows: { registry: ["password"] },
    asks: ["other"],
  },
  {
    name: "blob: redirects who came with a registry token",
    login: "direct",
    routes: { registry: to(307, ({ at }) => `${at.other}/data`), other: blob },
    act: fetchBlob,
    knows: { registry: ["direct"] },
    asks: ["other"],
  },
  {
    name: "manifest: redirects",
    routes: {
      registry: to(307, ({ at }) => `${at.other}/data`),
      other: () => ({
        status: 200,
        headers: { "content-type": MediaType.ociManifest },
        body: MANIFEST_BYTES,
      }),
    },
    act: fetchManifest,
    knows: TOKENS,
    asks: ["other"],
  },
  {
    name: "HEAD: redirects",
    routes: {
      registry: to(307, ({ at }) => `${at.other}/data`),
      other: () => ({ status: 200, headers: { "content-length": `${BLOB.size}` } }),
    },
    act: (repository) => repository.exists(BLOB),
    knows: TOKENS,
    asks: ["other"],
  },
  {
    name: "blob: redirects to the same port of localhost",
    challenge: "Basic",
    routes: { registry: to(307, ({ at }) => `${at.alias}/data`), alias: blob },
    act: fetchBlob,
    knows: { registry: ["password"] },
    asks: ["alias"],
  },
  {
    name: "blob: redirects to 127.0.0.2",
    challenge: "Basic",
    routes: { registry: to(307, ({ at }) => `${at.far}/data`), far: blob },
    act: fetchBlob,
    knows: { registry: ["password"] },
    asks: ["far"],
  },
  {
    name: "blob: redirects to https",
    routes: { registry: to(307, ({ at }) => `${at.tls}/data`), tls: blob },
    act: fetchBlob,
    knows: TOKENS,
    asks: ["tls"],
  },
  {
    name: "blob: redirects without a scheme",
    routes: { registry: to(307, ({ at }) => `${at.other.slice(5)}/data`), other: blob },
    act: fetchBlob,
    knows: TOKENS,
    asks: ["other"],
  },
  {
    name: "blob: redirects with our name as a user",
    routes: {
      registry: to(307, ({ at }) =>
        at.other.replace("//", `//${new URL(at.registry).host.replace(":", "%3a")}@`),
      ),
      other: blob,
    },
    act: fetchBlob,
    knows: TOKENS,
  },
  {
    name: "blob: redirects away and back",
    challenge: "Basic",
    routes: {
      registry: (got, { at }) =>
        got.path === "/back"
          ? blob(got, {} as World)
          : { status: 307, headers: { location: `${at.other}/data` } },
      other: to(307, ({ at }) => `${at.registry}/back`),
    },
    act: fetchBlob,
    knows: { registry: ["password"] },
    asks: ["other"],
    fails: /401/,
  },
  {
    name: "blob: redirects to who wants Basic",
    challenge: "Basic",
    routes: {
      registry: to(307, ({ at }) => `${at.other}/data`),
      other: () => ({ status: 401, headers: { "www-authenticate": "Basic realm=x" } }),
    },
    act: fetchBlob,
    knows: { registry: ["password"] },
    asks: ["other"],
    fails: /401/,
  },
  {
    name: "blob: redirects to who wants a token of the same service",
    routes: {
      registry: to(307, ({ at }) => `${at.other}/data`),
      other: (_, { at }) => ({
        status: 401,
        headers: { "www-authenticate": realm(`${at.auth}/token`) },
      }),
    },
    act: fetchBlob,
    knows: TOKENS,
    asks: ["other"],
    fails: /401/,
  },
  {
    name: "blob: redirects to a private address",
    routes: { registry: to(307, () => "http://10.255.255.1/data") },
    act: fetchBlob,
    knows: TOKENS,
    fails: /10\.255\.255\.1/,
  },
  {
    name: "blob: redirects to the metadata service",
    routes: { registry: to(302, () => "http://169.254.169.254/latest/") },
    act: fetchBlob,
    knows: TOKENS,
    fails: /169\.254\.169\.254/,
  },
  {
    name: "blob: redirects to ftp",
    routes: { registry: to(302, () => "ftp://127.0.0.1/") },
    act: fetchBlob,
    knows: TOKENS,
    fails: /ftp/,
  },
  {
    name: "blob: redirects for ever, with what it got in the path",
    challenge: "Basic",
    routes: {
      registry: ({ authorization = "" }) => ({
        status: 307,
        headers: {
          location: `/${authorization.slice(6)}/${encodeURIComponent(decodedBasic(authorization))}`,
        },
      }),
    },
    act: fetchBlob,
    knows: { registry: ["password"] },
    fails: /redirects/,
  },
  {
    name: "blob: redirects to what is no URL, with what it got",
    challenge: "Basic",
    routes: { registry: echo(302, (words) => ({ location: `http://[${inHeader(words)}` })) },
    act: fetchBlob,
    knows: { registry: ["password"] },
    fails: /URL/,
  },
];
