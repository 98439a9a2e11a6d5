/**
 * What registries have against manifests, to be said before a push, and to be guessed after a refusal.
 *
 * @module
 */
import { isIndex } from "../oci/document.ts";
import type { Index, Manifest } from "../oci/manifest.ts";
import { MediaType } from "../oci/media-type.ts";
import type { Profile } from "./profiles.ts";

/** Something about a manifest that not every registry takes. */
export type Objection = "docker-types" | "empty-config";

/** What a person can do about each. */
const HINTS: Readonly<Record<Objection, string>> = {
  "docker-types":
    "Some registries refuse Docker's media types; push the image in the OCI format, or let its owner allow them",
  "empty-config":
    "Some registries refuse the media type of an empty config, which attachments have; push the image without its attachments",
};

const WORDS: Readonly<Record<Objection, string>> = {
  "docker-types": "Docker's media types",
  "empty-config": "the media type of an empty config",
};

/** What is refused, in words. */
export function wordsFor(objection: Objection): string {
  return WORDS[objection];
}

/** What about a manifest is not taken everywhere. */
export function peculiaritiesOf(document: Manifest | Index): readonly Objection[] {
  const isDocker = [MediaType.dockerIndex, MediaType.dockerManifest].some(
    (type) => type === document.mediaType,
  );
  const isEmpty = !isIndex(document) && document.config.mediaType === MediaType.ociEmpty;
  return [
    ...(isDocker ? ["docker-types" as const] : []),
    ...(isEmpty ? ["empty-config" as const] : []),
  ];
}

/** What a kind of registry is known to have against a manifest; for plans, which then leave it out. */
export function objectionsTo(profile: Profile, document: Manifest | Index): readonly Objection[] {
  const refuses = {
    "docker-types": profile.refusesDockerTypes,
    "empty-config": profile.refusesEmptyConfig,
  };
  return peculiaritiesOf(document).filter((objection) => refuses[objection]);
}

/** What to do about a manifest that was refused without a reason that one understands. */
export function hintAgainst(document: Manifest | Index): string | undefined {
  const [first] = peculiaritiesOf(document);
  return first === undefined ? undefined : HINTS[first];
}
