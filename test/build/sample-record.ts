/** A record of a build that never was. */
import type { BuildRecord } from "../../src/build/record.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";

/** A record of two platforms whose digests are those of the names of the parts. */
export function sampleRecord(changes: Partial<BuildRecord> = {}): BuildRecord {
  const part = (name: string, mediaType: string) => ({
    mediaType,
    digest: digestOf(Buffer.from(name)),
    size: name.length,
  });
  const file = (name: string, path: string) => ({
    path,
    digest: digestOf(Buffer.from(name)),
    size: name.length,
  });
  return {
    schemaVersion: 1,
    name: "pause",
    version: "1.2.3",
    stamp: "1.2.3",
    repository: "localhost/pause",
    format: "oci",
    inline: "none",
    sourceDateEpoch: null,
    toolchain: { name: "zig", versions: ["0.16.0"] },
    index: part("index", MediaType.ociIndex),
    archive: file("archive", "pause-1.2.3.tar"),
    platforms: ["linux/amd64", "linux/arm/v7"].map((platform) => ({
      platform,
      binary: { ...file(`binary ${platform}`, `bin/${platform}/pause`), linkedSize: 1000 },
      compiler: { version: "0.16.0", command: ["zig", "cc"] },
      layer: {
        ...part(`layer ${platform}`, MediaType.ociLayerGzip),
        diffId: digestOf(Buffer.from(`tar ${platform}`)),
      },
      config: part(`config ${platform}`, MediaType.ociConfig),
      manifest: part(`manifest ${platform}`, MediaType.ociManifest),
    })),
    ...changes,
  };
}
