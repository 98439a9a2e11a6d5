/**
 * Platforms: operating system, architecture and variant.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md
 * @module
 */
import { HiatusError } from "../errors.ts";

/** What a manifest runs on. Values are those of Go's GOOS and GOARCH. */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
  readonly variant?: string;
}

/** `linux/arm/v7`: how people, Docker and containerd write a platform. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** `linux-arm-v7`: a platform as one name of a folder. */
export function platformSlug(platform: Platform): string {
  return formatPlatform(platform).replaceAll("/", "-");
}

/**
 * Reads `os/architecture[/variant]`. The `v8` of arm64 is the only one there is, so it is
 * the same platform with and without it; this function does not add it.
 *
 * @throws HiatusError `INVALID` when the text has another form.
 */
export function parsePlatform(text: string): Platform {
  return read(text) ?? refuse(text);
}

/**
 * Reads a platform as a person may write it: Linux can be left out (`arm64`, `arm/v7`), and `arm` alone is `arm/v7`, as in
 * containerd.
 *
 * @throws HiatusError `INVALID` when the text has another form.
 */
export function parsePlatformName(text: string): Platform {
  return readPlatformName(text) ?? refuse(text);
}

/** The same, and undefined when the text has another form. */
export function readPlatformName(text: string): Platform | undefined {
  const isShort = /^[a-z0-9_]+(?:\/v[0-9]+)?$/.test(text);
  const platform = read(isShort ? `linux/${text}` : text);
  const isBare = platform?.architecture === "arm" && platform.variant === undefined;
  return isBare ? { ...platform, variant: "v7" } : platform;
}

function read(text: string): Platform | undefined {
  const match = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, os, architecture, variant] = match as unknown as [string, string, string, string?];
  return variant === undefined ? { architecture, os } : { architecture, os, variant };
}

function refuse(text: string): never {
  throw new HiatusError("INVALID", `"${text}" is not a platform`, {
    hint: 'Write it as "os/architecture" or "os/architecture/variant", for example "linux/arm/v7"',
  });
}

/** Do two platforms name the same machine? `linux/arm64` and `linux/arm64/v8` do. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return (
    a.os === b.os &&
    a.architecture === b.architecture &&
    variantOf(a) === variantOf(b) &&
    a["os.version"] === b["os.version"]
  );
}

function variantOf(platform: Platform): string | undefined {
  return platform.architecture === "arm64" ? (platform.variant ?? "v8") : platform.variant;
}
