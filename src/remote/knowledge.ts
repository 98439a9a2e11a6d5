/**
 * What was found out about a registry while working with it. Kept for the life of the process and for every repository of
 * the origin, so that each thing is found out once; never on disk, because registries are updated.
 *
 * @module
 */
import type { UploadWay } from "./profiles.ts";
import { createRecent, type Recent } from "./recent.ts";

/** What is known of one origin. Everything begins unknown. */
export interface Knowledge {
  /** The way to upload that worked last. */
  upload: UploadWay | undefined;
  /** Ways that were refused where another one then worked. */
  readonly refused: Set<UploadWay>;
  /** Does it list referrers? Known from `OCI-Subject` after a push, or from what its API answers. */
  referrers: boolean | undefined;
  /**
   * Repositories in which it obeys `If-Match` when a tag is put. No specification has that; registries that do say so. By
   * repository, because one host may stand before several registries.
   */
  readonly conditionalTags: Set<string>;
  /** Is what it says to a HEAD of a manifest what a GET then gives? Undefined until it was caught. */
  trueHeads: false | undefined;
  /** What was pushed there just now. */
  readonly recent: Recent;
}

/** Knowledge of nothing. */
export function noKnowledge(): Knowledge {
  return {
    upload: undefined,
    refused: new Set(),
    referrers: undefined,
    conditionalTags: new Set(),
    trueHeads: undefined,
    recent: createRecent(),
  };
}

const known = new Map<string, Knowledge>();

/** What this process knows of an origin (`https://registry.example:5000`). */
export function knowledgeOf(origin: string): Knowledge {
  let knowledge = known.get(origin);
  if (knowledge === undefined) {
    knowledge = noKnowledge();
    known.set(origin, knowledge);
  }
  return knowledge;
}
