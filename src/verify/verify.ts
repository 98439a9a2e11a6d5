/**
 * Verifying an image: its structure, and then the behaviour of every platform's program.
 *
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import { runAll } from "../graph/pool.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseIndex, READ_LIMIT } from "../oci/document.ts";
import { isIndexType, isManifestType } from "../oci/media-type.ts";
import { formatPlatform, type Platform, samePlatform } from "../oci/platform.ts";
import type { Source } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import type { BehaviourOptions } from "./behaviour.ts";
import type { CheckResult } from "./check.ts";
import { readProgram } from "./read-program.ts";
import { type StructureOptions, verifyStructure } from "./structure.ts";

/** A check, and which half it belongs to. */
export interface VerifyResult extends CheckResult {
  readonly part: "structure" | "behaviour";
}

/** How an image is verified. */
export interface VerifyOptions extends StructureOptions, Pick<BehaviourOptions, "emulate"> {
  /** Which of its platforms. @default all */
  readonly platforms?: readonly Platform[] | undefined;
  /** Run the programs? @default true */
  readonly behaviour?: boolean | undefined;
  /** Platforms that are run at a time. @default 2 */
  readonly jobs?: number | undefined;
  /** Called after each check, in the order in which they end. */
  readonly onResult?: ((result: VerifyResult) => void) | undefined;
  /** @internal @default the addon of this package */
  readonly probe?: BehaviourOptions["probe"];
}

/**
 * Verifies an image. A failed check is a result and not an error; what cannot be tried says why.
 *
 * @param root - An index, or the manifest of one platform.
 * @returns Structure first, then behaviour, both in the order of the index.
 * @throws HiatusError `NOT_FOUND` when a platform that was asked for is not in the index; what the source throws
 * that is no verdict; the reason of the signal.
 * @example
 * const results = await verifyImage(layout, await layout.resolve("3.10.2"));
 * const failed = results.filter(({ status }) => status === "failed");
 */
export async function verifyImage(
  source: Source,
  root: Descriptor,
  options: VerifyOptions = {},
): Promise<readonly VerifyResult[]> {
  const { onResult, signal } = options;
  const listed = await listImages(source, root, signal);
  const chosen = choose(listed, options.platforms);
  const others = new Set(listed.filter((image) => !chosen.includes(image)).map(nameOf));

  const all = await verifyStructure(source, root, options);
  const structure = all
    .filter(({ subject }) => !others.has(subject))
    .map((result): VerifyResult => ({ ...result, part: "structure" }));
  for (const result of structure) onResult?.(result);
  if (options.behaviour === false) return structure;

  const outcomes = await runAll(
    // One that is listed twice, which its structure tells, is run once.
    chosen.filter((image, at) => chosen.findIndex((one) => nameOf(one) === nameOf(image)) === at),
    options.jobs ?? 2,
    (image) => verifyProgram(source, image, options),
    signal,
  );
  const behaviour = outcomes.flatMap((outcome) => {
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  });
  return [...structure, ...behaviour];
}

async function verifyProgram(
  source: Source,
  image: Descriptor,
  options: VerifyOptions,
): Promise<readonly VerifyResult[]> {
  const { stamp, emulate, probe, signal } = options;
  // Loaded here because a build that runs nothing must not pay for it.
  const { notTried, verifyBehaviour } = await import("./behaviour.ts");
  const mark = (result: CheckResult): VerifyResult => ({ ...result, part: "behaviour" });
  const onResult = (result: CheckResult) => options.onResult?.(mark(result));
  try {
    const { bytes, platform, user } = await readProgram(source, image, signal);
    const asked = { stamp, user, emulate, probe, signal, onResult };
    return (await verifyBehaviour(bytes, platform, asked)).map(mark);
  } catch (error) {
    if (!isHiatusError(error, "CONTENT", "NOT_FOUND", "INVALID")) throw error;
    return notTried(nameOf(image), error.message, { onResult }).map(mark);
  }
}

/** As its checks call it. */
function nameOf({ platform, digest }: Descriptor): string {
  return platform === undefined ? digest : formatPlatform(platform);
}

function choose(
  images: readonly Descriptor[],
  platforms: readonly Platform[] | undefined,
): readonly Descriptor[] {
  if (platforms === undefined) return images;
  const is = (wanted: Platform) => (image: Descriptor) =>
    image.platform !== undefined && samePlatform(image.platform, wanted);
  const missing = platforms.find((wanted) => !images.some(is(wanted)));
  if (missing !== undefined) {
    throw new HiatusError("NOT_FOUND", `The image has no "${formatPlatform(missing)}"`, {
      detail: { platform: formatPlatform(missing), platforms: images.map(nameOf) },
      hint: `It has ${images.map(nameOf).join(", ") || "none that can be read"}`,
    });
  }
  return images.filter((image) => platforms.some((wanted) => is(wanted)(image)));
}

/** What an index lists; nothing when it cannot be read, for its structure will tell that. */
async function listImages(
  source: Source,
  root: Descriptor,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  if (isManifestType(root.mediaType)) return [root];
  if (!isIndexType(root.mediaType)) return [];
  try {
    const bytes = await readAll(source, root, { limit: READ_LIMIT, signal });
    return parseIndex(bytes, root.mediaType).manifests.filter((child) =>
      isManifestType(child.mediaType),
    );
  } catch (error) {
    if (isHiatusError(error, "CONTENT", "NOT_FOUND", "INVALID")) return [];
    throw error;
  }
}
