/**
 * Writing one archive that `skopeo`, `docker load`, `podman load` and `ctr images import` all take:
 * an OCI layout in a tar, with Docker's `manifest.json` beside `index.json`.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * @module
 */
import { dirname } from "node:path";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, Digester, parseDigest } from "../oci/digest.ts";
import { blobPath } from "./docker-manifest.ts";
import { layoutMarker } from "./layout-open.ts";
import type { Source, StoreOptions } from "./source.ts";
import { type TarEntry, tarStream } from "./tar.ts";
import { fetchContent } from "./verify.ts";
import { writeFileAside } from "./write-file.ts";

/** What goes into an archive. */
export interface ArchiveContent {
  /** The bytes of `index.json`; see `layoutIndex()` and `Layout.indexBytes()`. */
  readonly index: Uint8Array;
  /** Every blob and every manifest that `index` leads to. Their order does not matter. */
  readonly descriptors: readonly Descriptor[];
  /** Where the contents come from: any store. Each is verified as it is copied. */
  readonly source: Pick<Source, "fetch">;
  /** The bytes of `manifest.json`; see `dockerManifest()`. */
  readonly dockerManifest?: Uint8Array | undefined;
  /**
   * Time of every entry, in seconds since 1970.
   * @default 0
   */
  readonly mtime?: number | undefined;
}

/**
 * The entries of an archive: `oci-layout`, `index.json`, `manifest.json`, then each content once,
 * sorted by path. The small files come first so that readers of a stream know what follows. Folders
 * have no entries: every consumer makes those it needs.
 */
export function archiveEntries(content: ArchiveContent, options: StoreOptions = {}): TarEntry[] {
  const { mtime = 0, dockerManifest } = content;
  const file = { type: "file", mode: 0o644, mtime } as const;
  const named: TarEntry[] = [
    { ...file, name: "oci-layout", content: layoutMarker() },
    { ...file, name: "index.json", content: content.index },
  ];
  if (dockerManifest !== undefined) {
    named.push({ ...file, name: "manifest.json", content: dockerManifest });
  }
  const blobs = new Map<string, TarEntry>();
  for (const descriptor of content.descriptors) {
    const name = blobPath(parseDigest(descriptor.digest));
    const bytes = fetchContent(content.source, descriptor, options);
    blobs.set(name, { ...file, name, content: bytes, size: descriptor.size });
  }
  return [...named, ...[...blobs.keys()].sort().map((name) => blobs.get(name) as TarEntry)];
}

/**
 * Writes an archive to a file, aside and then renamed, mode 0644.
 *
 * @returns digest and size of the file.
 * @throws HiatusError `IO`, `NOT_FOUND` or `CONTENT` when a content is missing or damaged, `INVALID`
 * for SHA-512 digests, which plain tar headers have no room for. No file is left behind then.
 */
export async function writeArchive(
  file: string,
  content: ArchiveContent,
  options: StoreOptions = {},
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const digester = new Digester();
  let size = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of tarStream(archiveEntries(content, options), options)) {
      digester.update(chunk);
      size += chunk.byteLength;
      yield chunk;
    }
  }
  await writeFileAside(dirname(file), file, counted());
  return { digest: digester.digest(), size };
}
