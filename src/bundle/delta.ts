/**
 * Bundles that leave out what the other side has already. All manifests are in them, so that everything can be looked through;
 * what is left out are configs and layers, and the bundle says in its `index.json` which, and who has them.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { CopyPlan } from "../graph/plan.ts";
import { runAll } from "../graph/pool.ts";
import type { Annotations, Descriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { malformed } from "../oci/fields.ts";
import { parseLayoutIndex } from "../store/layout-index.ts";
import { isDistant, type Source, type StoreOptions } from "../store/source.ts";

/** What a bundle does not hold. */
export interface Delta {
  /** Who has what is left out, as people name it: `registry.k8s.io/pause:3.10.1@sha256:…`. */
  readonly since: string;
  /** In code-point order. */
  readonly omitted: readonly Digest[];
}

const SINCE = "example.hiatus.bundle.since";
const OMITTED = "example.hiatus.bundle.omitted";
/** Longest name of a base that is read. */
const SINCE_LIMIT = 1024;

/** The annotations of `index.json` that say it; undefined when nothing is left out. */
export function deltaAnnotations({ since, omitted }: Delta): Annotations | undefined {
  if (omitted.length === 0) return undefined;
  return { [OMITTED]: [...omitted].sort().join(" "), [SINCE]: since };
}

/**
 * What a bundle leaves out, by its `index.json`; undefined when it is whole.
 *
 * @throws HiatusError `CONTENT` when the file is no index, or says it in another way.
 */
export function readDelta(indexBytes: Uint8Array, where?: string): Delta | undefined {
  const { rest } = parseLayoutIndex(indexBytes, where);
  const annotations = rest.annotations;
  if (typeof annotations !== "object" || annotations === null) return undefined;
  const { [SINCE]: since, [OMITTED]: text } = annotations as Readonly<Record<string, unknown>>;
  if (since === undefined && text === undefined) return undefined;
  const refuse = (why: string) => malformed(where ?? '"index.json"', why);
  if (typeof since !== "string" || since === "" || since.length > SINCE_LIMIT) {
    throw refuse("it leaves something out and does not say who has it");
  }
  const omitted = typeof text === "string" ? text.split(" ") : [];
  if (omitted.length === 0 || !omitted.every(isDigest)) {
    throw refuse("it does not say what it leaves out");
  }
  return { since, omitted };
}

/**
 * The blobs of a plan that a base has.
 *
 * @throws whatever keeps the base from answering.
 */
export async function heldBy(
  base: Pick<Source, "exists">,
  { blobs }: Pick<CopyPlan, "blobs">,
  options: StoreOptions = {},
): Promise<readonly Descriptor[]> {
  return await among(base, blobs, true, options);
}

/**
 * Those of some contents that a place lacks.
 *
 * @throws whatever keeps the place from answering.
 */
export async function lackedBy(
  place: Pick<Source, "exists">,
  contents: readonly Descriptor[],
  options: StoreOptions = {},
): Promise<readonly Descriptor[]> {
  return await among(place, contents, false, options);
}

async function among(
  place: Pick<Source, "exists">,
  contents: readonly Descriptor[],
  wanted: boolean,
  { signal }: StoreOptions,
): Promise<readonly Descriptor[]> {
  const ask = (descriptor: Descriptor) => place.exists(descriptor, { signal });
  const outcomes = await runAll(contents, isDistant(place) ? 32 : 8, ask, signal);
  return contents.filter((_, at) => {
    const outcome = outcomes[at];
    if (outcome?.ok === false) throw outcome.error;
    return outcome?.value === wanted;
  });
}

/** The error for a place where the base is missing. */
export function baseMissing(
  place: string,
  { since, omitted }: Delta,
  missing: readonly Descriptor[],
): HiatusError {
  return new HiatusError(
    "NOT_FOUND",
    `"${place}" lacks ${missing.length} of the ${omitted.length} contents that the bundle leaves out`,
    {
      detail: { place, since, missing: missing.map(({ digest }) => digest) },
      hint: `Bring ${since} there first, or use a bundle that was made without --since`,
    },
  );
}

/** The error for work that needs all of an image, and has a bundle that leaves something out. */
export function notWhole(name: string, { since, omitted }: Delta): HiatusError {
  return new HiatusError(
    "USAGE",
    `"${name}" leaves out ${omitted.length} contents of its image, which ${since} has`,
    {
      detail: { since, omitted },
      hint: "Seed it where those are (hiatus seed), or make a bundle without --since",
    },
  );
}
