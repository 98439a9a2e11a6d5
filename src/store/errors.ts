/**
 * The errors that all stores share, so that they read alike.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";

/** The error for content that is not there. `store` names the store, for example `the layout "dist"`. */
export function contentNotFound(descriptor: Descriptor, store: string): HiatusError {
  return new HiatusError("NOT_FOUND", `${descriptor.digest} is not in ${store}`, {
    detail: { digest: descriptor.digest, mediaType: descriptor.mediaType },
    hint: "Check the digest, or copy the content there first",
  });
}

/** The error for a tag or digest that names nothing. */
export function referenceNotFound(reference: string, store: string): HiatusError {
  return new HiatusError(
    "NOT_FOUND",
    `Nothing is called "${reference.slice(0, 160)}" in ${store}`,
    {
      detail: { reference: reference.slice(0, 160) },
      hint: "List the tags to see what is there",
    },
  );
}

/** The error for a manifest that came before its children. */
export function incomplete(
  parent: Descriptor,
  missing: readonly Descriptor[],
  store: string,
): HiatusError {
  const digests = missing.map((child) => child.digest);
  return new HiatusError(
    "INCOMPLETE",
    `${parent.digest} cannot go into ${store} before what it names: ${digests.slice(0, 3).join(", ")}${digests.length > 3 ? ` and ${digests.length - 3} more` : ""}`,
    {
      detail: { digest: parent.digest, missing: digests },
      hint: "Push blobs first, then children, then parents",
    },
  );
}

/** The error for a tag on something that is no manifest: a registry could not take it. */
export function notTaggable(descriptor: Descriptor): HiatusError {
  return new HiatusError(
    "INVALID",
    `Cannot tag ${descriptor.digest}: "${descriptor.mediaType.slice(0, 160)}" is not the type of a manifest`,
    { detail: { digest: descriptor.digest }, hint: "Tag a manifest or an index" },
  );
}
