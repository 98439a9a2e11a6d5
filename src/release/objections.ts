/**
 * What a mirror's kind of registry is known to have against the image, found before anything is sent.
 *
 * @module
 */
import { readSuccessors } from "../graph/successors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Objection, objectionsTo } from "../remote/objections.ts";
import { PROFILES } from "../remote/profiles.ts";
import type { StoreOptions } from "../store/source.ts";
import type { Mirror, ReleaseVariant } from "./model.ts";

/** What is known to be refused. */
export interface KnownObjections {
  /** Of the image itself. */
  readonly image: readonly Objection[];
  /** Of what is attached to it and would go along. */
  readonly attachments: readonly Objection[];
}

/**
 * Looks through the image for what a kind of registry refuses.
 *
 * @param profile name of the row of what is known; of one that is unknown nothing is.
 * @throws HiatusError `NOT_FOUND` or `CONTENT` when the variant's source lacks a manifest.
 */
export async function knownObjections(
  { source, root, attachments }: ReleaseVariant,
  mirror: Pick<Mirror, "attachments">,
  profile: string,
  options: StoreOptions = {},
): Promise<KnownObjections> {
  const row = PROFILES.find(({ name }) => name === profile);
  if (row === undefined || !(row.refusesDockerTypes || row.refusesEmptyConfig)) {
    return { image: [], attachments: [] };
  }
  const against = async (descriptors: readonly Descriptor[]): Promise<readonly Objection[]> => {
    const found = new Set<Objection>();
    for (const descriptor of descriptors) {
      const read = await readSuccessors(source, descriptor, options);
      for (const one of read === undefined ? [] : objectionsTo(row, read.document)) found.add(one);
    }
    return [...found];
  };
  const along = mirror.attachments === "none" ? [] : attachments;
  return {
    image: await against([root]),
    attachments: await against(along.map(({ descriptor }) => descriptor)),
  };
}
