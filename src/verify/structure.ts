/**
 * Checks of an image that need no running of it: every byte, every field, every ELF header.
 *
 * @module
 */
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import { parseIndex, READ_LIMIT } from "../oci/document.ts";
import type { Index } from "../oci/manifest.ts";
import { isIndexType, isManifestType } from "../oci/media-type.ts";
import { formatPlatform, type Platform, samePlatform } from "../oci/platform.ts";
import type { Source } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import { type CheckResult, demand, runCheck } from "./check.ts";
import { checkImage } from "./image-checks.ts";

/** What an image promises. */
export interface Promises {
  /** What `pause -v` prints after `pause.c `; any, when not known. */
  readonly stamp?: string | undefined;
  /** @default ["/pause"] */
  readonly entrypoint?: readonly string[] | undefined;
  /** @default any that is numeric and not root */
  readonly user?: string | undefined;
  /** @default none */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** How structure is verified. */
export interface StructureOptions extends Promises {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a whole image and checks it, platform by platform. A failed check is a result and not an error.
 *
 * @param root - An index, or the manifest of one platform.
 * @returns One result per subject and check, in the order of the index.
 */
export async function verifyStructure(
  source: Source,
  root: Descriptor,
  options: StructureOptions = {},
): Promise<readonly CheckResult[]> {
  if (isManifestType(root.mediaType)) return checkImage(source, root, options);
  let index: Index | undefined;
  const whole = await runCheck("index", "document", async () => {
    demand(isIndexType(root.mediaType), `media type is ${root.mediaType}`);
    const bytes = await readAll(source, plainDescriptor(root), {
      limit: READ_LIMIT,
      signal: options.signal,
    });
    index = parseIndex(bytes, root.mediaType);
    return `${bytes.byteLength} bytes, ${index.manifests.length} manifests`;
  });
  if (index === undefined) return [whole];
  const { manifests } = index;
  const children = await runCheck("index", "children", () => checkChildren(manifests));
  const images: CheckResult[] = [];
  for (const manifest of manifests) {
    if (isManifestType(manifest.mediaType)) {
      images.push(...(await checkImage(source, manifest, options)));
    }
  }
  return [whole, children, ...images];
}

/** A pause index holds images and nothing else: attestations with platform `unknown` break importers. */
function checkChildren(manifests: readonly Descriptor[]): string {
  demand(manifests.length > 0, "it lists nothing");
  const platforms = manifests.map(({ digest, mediaType, platform }): Platform => {
    demand(isManifestType(mediaType), `${digest} has media type ${mediaType}`);
    demand(platform !== undefined, `${digest} has no platform`);
    return platform;
  });
  const twice = platforms.find((platform, position) =>
    platforms.slice(0, position).some((earlier) => samePlatform(earlier, platform)),
  );
  demand(twice === undefined, `${twice && formatPlatform(twice)} is listed twice`);
  return platforms.map(formatPlatform).join(", ");
}
