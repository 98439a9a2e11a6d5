/** Asking a registry, with no port open. */
import { expect } from "vitest";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { isIndexType, isManifestType } from "../../src/oci/media-type.ts";
import type { Registry } from "../../src/serve/fetch.ts";
import type { Piece, Sample } from "../contract/sample.ts";

/** What is sent besides method and path. */
export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | ReadableStream<Uint8Array>;
}

/** Asks a registry. */
export type Ask = (method: string, path: string, options?: AskOptions) => Promise<Response>;

/** The way to ask a registry. The length of a body is told, as clients do, unless it is a stream. */
export function asks(registry: Registry): Ask {
  return (method, path, { headers, body } = {}) => {
    const length =
      body === undefined || body instanceof ReadableStream
        ? {}
        : { "content-length": sizeOf(body) };
    return registry(
      new Request(`http://registry.test${path}`, {
        method,
        headers: { ...length, ...headers },
        ...(body === undefined ? {} : { body, duplex: "half" }),
      } as RequestInit),
      { remote: "192.0.2.1" },
    );
  };
}

function sizeOf(body: Uint8Array | string): string {
  return String(typeof body === "string" ? Buffer.byteLength(body) : body.byteLength);
}

/** The bytes of an answer. */
export async function bytesIn(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

/** The codes of a refusal, whose form is checked on the way. */
export async function codesIn(response: Response): Promise<readonly string[]> {
  expect(response.headers.get("content-type")).toBe("application/json");
  const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
  for (const { code, message } of errors) {
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(message).toMatch(/^[^\n]*[^.\n]$/);
  }
  return errors.map(({ code }) => code);
}

/** Pushes a blob in one request. */
export async function pushBlob(ask: Ask, name: string, { descriptor, bytes }: Piece) {
  const path = `/v2/${name}/blobs/uploads/?digest=${descriptor.digest}`;
  const response = await ask("POST", path, { body: bytes });
  expect(response.status).toBe(201);
  return response;
}

/** Pushes a manifest by its digest or a tag. */
export async function pushManifest(
  ask: Ask,
  name: string,
  { descriptor, bytes }: Piece,
  reference: string = descriptor.digest,
) {
  const headers = { "content-type": descriptor.mediaType };
  const response = await ask("PUT", `/v2/${name}/manifests/${reference}`, { headers, body: bytes });
  expect(response.status).toBe(201);
  return response;
}

/** Pushes a sample, its index by a tag. */
export async function pushSample(ask: Ask, name: string, content: Sample, tag: string) {
  for (const one of content.all) {
    if (!isDocument(one.descriptor)) await pushBlob(ask, name, one);
    else if (one !== content.index) await pushManifest(ask, name, one);
  }
  await pushManifest(ask, name, content.index, tag);
}

function isDocument({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType);
}
