/** Registries of others as mirrors, behind a proxy, and looked at by requests of Node alone. */
import { onTestFinished } from "vitest";
import type { Mirror } from "../../../src/release/model.ts";
import { askRegistry, MANIFEST_TYPES } from "../../interop/raw.ts";
import type { Registry } from "../../interop/registry.ts";
import { sha256 } from "../../interop/sha256.ts";
import { startFaultProxy } from "../fault-proxy.ts";
import { mirrorAt } from "./mirror-at.ts";
import type { ProxiedMirror } from "./real-mirror.ts";

/** One of them. */
export interface TheirMirror extends ProxiedMirror {
  /** Requests so far that are to change something. */
  writes(): readonly string[];
}

/** How it is made. */
export interface TheirMirrorOptions {
  readonly settings?: Partial<Mirror>;
  readonly before?: (method: string, target: string) => Promise<void> | void;
}

/** Puts a proxy before a running registry; it ends with the test. */
export async function theirMirror(
  name: string,
  registry: Registry,
  { settings = {}, before }: TheirMirrorOptions = {},
): Promise<TheirMirror> {
  const proxy = await startFaultProxy(registry.host, { before });
  onTestFinished(() => proxy.stop());
  const mirror = mirrorAt(name, proxy.host, settings);
  const { repository } = mirror;
  const read = async (kind: "manifests" | "blobs", reference: string) => {
    const path = `/v2/${repository}/${kind}/${reference}`;
    for (let left = 100; ; left--) {
      const headers = { accept: MANIFEST_TYPES };
      const { status, body } = await askRegistry(registry, path, { headers });
      // Distribution has no manifest for anybody while it writes the very same one again, and says 500: that is no answer.
      if (status < 500 || left === 0) return status === 200 ? body : undefined;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const isWhole = async (digest: string): Promise<boolean> => {
    const manifest = await read("manifests", digest);
    if (manifest === undefined || sha256(manifest) !== digest) return false;
    const { manifests = [], config, layers = [] } = JSON.parse(manifest.toString());
    for (const child of manifests) if (!(await isWhole(child.digest))) return false;
    for (const blob of config === undefined ? [] : [config, ...layers]) {
      const bytes = await read("blobs", blob.digest);
      if (bytes === undefined || sha256(bytes) !== blob.digest) return false;
    }
    return true;
  };
  return {
    name,
    host: proxy.host,
    mirror,
    proxy,
    async named(tag) {
      const manifest = await read("manifests", tag);
      return manifest === undefined ? undefined : sha256(manifest);
    },
    isWhole,
    writes: () =>
      proxy.requests
        .filter(({ method }) => method !== "GET" && method !== "HEAD")
        .map(({ method, target }) => `${method} ${target}`),
  };
}
