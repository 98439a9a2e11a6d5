/**
 * Some platforms of an image. What is left is whole: an index that lists what is not there breaks importers
 * (containerd issues 7543, 10032).
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { parseImageConfig } from "../oci/config.ts";
import { type Descriptor, describe, plainDescriptor } from "../oci/descriptor.ts";
import { parseIndex, parseManifest, READ_LIMIT } from "../oci/document.ts";
import { encodeJson, parseJson } from "../oci/json.ts";
import { isIndexType, isManifestType } from "../oci/media-type.ts";
import { formatPlatform, type Platform, samePlatform } from "../oci/platform.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import { attestedBy, type DerivedImage } from "./derive.ts";

/**
 * Leaves the platforms that are wanted. One of several is its manifest as it is, with no index around it; some of them
 * are a new index with their entries as they are; all of them are the index as it is.
 *
 * @param platforms without a variant or version mean the only one there is, or all versions.
 * @throws HiatusError `NOT_FOUND` when a platform is not in the image, `USAGE` when one means several variants.
 */
export async function selectPlatforms(
  source: Pick<Source, "fetch">,
  root: Descriptor,
  platforms: readonly Platform[],
  options: StoreOptions = {},
): Promise<DerivedImage> {
  const asItIs: DerivedImage = { root, made: [], dropped: [] };
  if (!isIndexType(root.mediaType)) {
    const platform = await platformOf(source, root, options);
    for (const wanted of platforms) chosen(wanted, [{ ...root, platform }]);
    return asItIs;
  }
  const bytes = await readAll(source, root, { limit: READ_LIMIT, ...options });
  const { manifests } = parseIndex(bytes, root.mediaType);
  const images = manifests.filter(
    ({ mediaType, platform }) =>
      platform !== undefined && platform.os !== "unknown" && isManifestType(mediaType),
  );
  const wanted = new Set(platforms.flatMap((platform) => chosen(platform, images)));
  if (wanted.size === images.length) return asItIs;
  const [only] = wanted;
  if (only !== undefined && wanted.size === 1) {
    const { platform } = only;
    return { ...asItIs, root: { ...plainDescriptor(only), ...(platform && { platform }) } };
  }
  const digests = new Set<string>([...wanted].map(({ digest }) => digest));
  const isKept = (entry: Descriptor): boolean =>
    wanted.has(entry) || digests.has(attestedBy(entry) ?? "");
  const fields = parseJson(bytes, root.digest) as { readonly manifests: readonly unknown[] };
  const kept = fields.manifests.filter((_, at) => isKept(manifests[at] as Descriptor));
  const made = encodeJson({ ...fields, manifests: kept });
  const descriptor = describe(root.mediaType, made);
  return { ...asItIs, root: descriptor, made: [{ descriptor, bytes: made }] };
}

/** The platform of a lone manifest is in its config. */
async function platformOf(
  source: Pick<Source, "fetch">,
  root: Descriptor,
  options: StoreOptions,
): Promise<Platform> {
  if (root.platform !== undefined) return root.platform;
  const bytes = await readAll(source, root, { limit: READ_LIMIT, ...options });
  const { config } = parseManifest(bytes, root.mediaType);
  const { architecture, os, variant } = parseImageConfig(
    await readAll(source, config, { limit: READ_LIMIT, ...options }),
  );
  return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}

/** The entries that a platform means. */
function chosen(wanted: Platform, images: readonly Descriptor[]): readonly Descriptor[] {
  const fits = (platform: Platform, loose: boolean): boolean =>
    samePlatform(
      {
        ...wanted,
        ...(wanted["os.version"] === undefined && { "os.version": platform["os.version"] }),
        ...(loose && { variant: platform.variant }),
      } as Platform,
      platform,
    );
  const among = (loose: boolean) =>
    images.filter(({ platform }) => platform !== undefined && fits(platform, loose));
  const exact = among(false);
  if (exact.length > 0) return exact;
  const name = formatPlatform(wanted);
  const near = wanted.variant === undefined ? among(true) : [];
  if (near.length === 1) return near;
  const names = images.map(({ platform }) => platform && formatPlatform(platform));
  const detail = { platform: name, platforms: names };
  if (near.length === 0) {
    throw new HiatusError("NOT_FOUND", `The image has no "${name}"`, {
      detail,
      hint: `It has ${names.join(", ") || "none that can be read"}`,
    });
  }
  const variants = near.map(({ platform }) => platform && formatPlatform(platform)).join(", ");
  throw new HiatusError("USAGE", `"${name}" may be any of ${near.length} of the image`, {
    detail,
    hint: `Write the one you mean: ${variants}`,
  });
}
