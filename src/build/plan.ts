/**
 * What a build will do: the definition with the options applied, everything checked before anything runs.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { ImageFormat } from "../oci/media-type.ts";
import { formatPlatform } from "../oci/platform.ts";
import type { BuildOptions } from "./build.ts";
import type { ImageDefinition, InlineMode } from "./definition.ts";
import { findPlatform, type PlatformRow, selectPlatforms } from "./platforms.ts";
import { parseRevision, parseVersion, stampOf } from "./version.ts";

/** Everything that decides the bytes, apart from sources and toolchain. */
export interface BuildPlan {
  readonly rows: readonly PlatformRow[];
  readonly version: string;
  readonly revision: string | undefined;
  readonly stamp: string;
  readonly format: ImageFormat;
  readonly inline: InlineMode;
  readonly sourceDateEpoch: number | undefined;
}

/**
 * Applies options to a definition.
 *
 * @throws HiatusError `USAGE`, `INVALID` or `CONFIG` for what does not fit.
 */
export function planBuild(definition: ImageDefinition, options: BuildOptions): BuildPlan {
  const version = parseVersion(options.version ?? definition.version);
  const revision = options.stamp === undefined ? undefined : parseRevision(options.stamp);
  const format = options.format ?? "oci";
  const inline = options.inline ?? (format === "docker" ? "none" : definition.inline);
  if (format === "docker" && inline !== "none") {
    throw new HiatusError("USAGE", `Docker's format has no data field for inline "${inline}"`, {
      hint: "Leave out --inline, or use --format oci",
    });
  }
  const rows = rowsOf(definition, options.platforms);
  if (options.updateLock && rows.length < definition.platforms.length) {
    throw new HiatusError("USAGE", "A lock is about all platforms, and only some would be built", {
      hint: "Leave out --platform, or --update-lock",
    });
  }
  return {
    rows,
    version,
    revision,
    stamp: stampOf(version, revision),
    format,
    inline,
    sourceDateEpoch: checkEpoch(options.sourceDateEpoch),
  };
}

/** In the definition's order, which is the order of the index. */
function rowsOf(
  definition: ImageDefinition,
  names: readonly string[] | undefined,
): readonly PlatformRow[] {
  const defined = definition.platforms.map(findPlatform).filter((row) => row !== undefined);
  return names === undefined ? defined : selectPlatforms(names, defined);
}

/** RFC 3339 ends with the year 9999; tar ends with 2^33 seconds, and ustar readers often with 2^31. */
function checkEpoch(epoch: number | undefined): number | undefined {
  if (epoch === undefined || (Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 31))
    return epoch;
  throw new HiatusError("USAGE", `SOURCE_DATE_EPOCH is "${epoch}"`, {
    hint: "Give whole seconds since 1970, below 2147483648, or unset it",
  });
}

/** `pause:3.10.2-linux-arm-v7`: how tools that know no indexes tell the images of an archive apart. */
export function platformTag(version: string, row: PlatformRow): string {
  return `${version}-${formatPlatform(row.platform).replaceAll("/", "-")}`;
}
