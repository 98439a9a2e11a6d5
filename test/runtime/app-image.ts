/**
 * Something to run in pods: busybox and the orphan maker in one image, made without any network.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { encodeJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { writeArchive } from "../../src/store/archive-writer.ts";
import { dockerManifest } from "../../src/store/docker-manifest.ts";
import { layoutIndex } from "../../src/store/layout-index.ts";
import { createMemory } from "../../src/store/memory.ts";
import { type TarEntry, tarBytes } from "../../src/store/tar.ts";
import { findProgram } from "./command.ts";
import { compileOrphanMaker, hostPlatform } from "./orphan-maker.ts";

/** The program it needs: Debian's busybox-static. */
export const APP_PROGRAMS = ["busybox"];

/** The image, as runtimes know it. */
export const APP_IMAGE = "localhost/app:1";

/** What its web server answers. */
export const PAGE = "Answered by a container that shares the namespaces of pause\n";

/** What can be run in it. */
export const BUSYBOX = "/bin/busybox";
export const ORPHANS = "/bin/orphans";
export const WEB_SERVER = [BUSYBOX, "httpd", "-f", "-p", "8080", "-h", "/www"] as const;

/**
 * Writes the image as an archive.
 *
 * @param folder - Where to; it exists.
 * @returns Path of the archive.
 */
export async function buildAppImage(folder: string): Promise<string> {
  const program = { type: "file", mode: 0o755, mtime: 0 } as const;
  const entries: readonly TarEntry[] = [
    { name: "bin", type: "directory", mode: 0o755, mtime: 0 },
    { ...program, name: "bin/busybox", content: await readFile(findProgram("busybox") ?? "") },
    { ...program, name: "bin/orphans", content: await compileOrphanMaker(folder) },
    { name: "www", type: "directory", mode: 0o755, mtime: 0 },
    { name: "www/index.html", type: "file", mode: 0o644, mtime: 0, content: Buffer.from(PAGE) },
  ];
  const tar = await tarBytes(entries);
  const layerBytes = gzipSync(tar);
  const { architecture, os } = hostPlatform().platform;
  const configBytes = encodeJson({
    architecture,
    os,
    config: { Entrypoint: [BUSYBOX], Env: ["PATH=/bin"] },
    rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
  });
  const layer = describe(MediaType.ociLayerGzip, layerBytes);
  const config = describe(MediaType.ociConfig, configBytes);
  const manifestBytes = encodeJson({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config,
    layers: [layer],
  });
  const manifest = describe(MediaType.ociManifest, manifestBytes);
  const store = createMemory();
  await store.push(layer, layerBytes);
  await store.push(config, configBytes);
  await store.push(manifest, manifestBytes);
  const archive = join(folder, "app.tar");
  const annotations = { "io.containerd.image.name": APP_IMAGE };
  await writeArchive(archive, {
    index: layoutIndex([{ descriptor: manifest, tag: "1", annotations }]),
    descriptors: [manifest, config, layer],
    source: store,
    dockerManifest: dockerManifest([{ config, layers: [layer], repoTags: [APP_IMAGE] }]),
  });
  return archive;
}
