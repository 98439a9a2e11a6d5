/**
 * Platforms by name: looking one up, and choosing some.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { readPlatformName, samePlatform } from "../oci/platform.ts";
import { closest } from "./closest.ts";
import type { PlatformRow } from "./platform-row.ts";
import { PLATFORMS } from "./platform-table.ts";

export type { PlatformRow } from "./platform-row.ts";
export { PLATFORMS } from "./platform-table.ts";

/**
 * The row that a name stands for: `linux/arm64`, `linux/arm64/v8`, or without the operating system `arm64`, `arm/v7`.
 * `arm` alone is `arm/v7`, as in containerd.
 */
export function findPlatform(name: string): PlatformRow | undefined {
  const platform = readPlatformName(name);
  return platform && PLATFORMS.find((row) => samePlatform(row.platform, platform));
}

/** Names that other tools use for the same CPUs: only good for a suggestion. */
const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  x86_64: "linux/amd64",
  x64: "linux/amd64",
  i386: "linux/386",
  i686: "linux/386",
  x86: "linux/386",
  aarch64: "linux/arm64",
  armel: "linux/arm/v5",
  armhf: "linux/arm/v7",
  armv7l: "linux/arm/v7",
  ppc64el: "linux/ppc64le",
  powerpc64le: "linux/ppc64le",
  loongarch64: "linux/loong64",
  mips64el: "linux/mips64le",
};

/**
 * The rows of `available` that are named, in the order of `available` and each once. No name, or `all`, takes all.
 *
 * @throws HiatusError `USAGE` that lists every name that is not among them, with what was probably meant.
 */
export function selectPlatforms(
  names: readonly string[],
  available: readonly PlatformRow[] = PLATFORMS,
): readonly PlatformRow[] {
  if (names.length === 0 || names.includes("all")) return available;
  const wanted = new Set(names.map(findPlatform));
  const unknown = names.filter((name) => {
    const row = findPlatform(name);
    return row === undefined || !available.includes(row);
  });
  if (unknown.length === 0) return available.filter((row) => wanted.has(row));

  const known = available.map((row) => row.name);
  const meant = unknown.map((name) => suggest(name, known)).filter((name) => name !== undefined);
  const quoted = unknown.map((name) => JSON.stringify(name.slice(0, 80))).join(", ");
  throw new HiatusError(
    "USAGE",
    unknown.length === 1
      ? `${quoted} is not a platform that can be built here`
      : `${quoted} are not platforms that can be built here`,
    {
      detail: { unknown, known },
      hint: `${meant.length === 0 ? "" : `Did you mean ${[...new Set(meant)].join(", ")}? `}Choose among ${known.join(", ")}, or "all"`,
    },
  );
}

function suggest(name: string, known: readonly string[]): string | undefined {
  const foreign = FOREIGN_NAMES[name.toLowerCase().replace(/^linux\//, "")];
  if (foreign !== undefined) return known.includes(foreign) ? foreign : undefined;
  const [exact] = known.filter((candidate) => candidate === findPlatform(name.toLowerCase())?.name);
  return exact ?? closest(name.startsWith("linux/") ? name : `linux/${name}`, known);
}
