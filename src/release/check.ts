/**
 * Comparing mirrors with what they should hold: tags, index, every child and blob, and what is attached.
 *
 * @module
 */
import { type HiatusError, isHiatusError } from "../errors.ts";
import { runAll } from "../graph/pool.ts";
import { readSuccessors } from "../graph/successors.ts";
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import { childrenOf, isIndex } from "../oci/document.ts";
import { formatPlatform } from "../oci/platform.ts";
import { DEPTH_LIMIT } from "../store/closure.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { type MirrorRun, runPhase, startRun } from "./mirror-run.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { Mirror, MirrorFailure, ReleaseEvent, ReleaseImage } from "./model.ts";
import { variantFor } from "./preflight.ts";
import { lookAtTag } from "./tags.ts";

/** One thing that is not as it should be. */
export interface Finding {
  /** `tag 3.10`, `index`, `linux/arm64 manifest`, `linux/arm64 layer`, `attachment`. */
  readonly what: string;
  readonly expected: string;
  /** What is there; `absent`, `damaged`. */
  readonly found: string;
}

/** What was found at a mirror. */
export interface MirrorCheck {
  readonly mirror: Mirror;
  readonly status: "same" | "drifted" | "failed";
  /** How many things were compared. */
  readonly compared: number;
  readonly findings: readonly Finding[];
  /** Why it could not be compared. */
  readonly failure: MirrorFailure | undefined;
}

/** How mirrors are checked. */
export interface CheckOptions extends StoreOptions {
  /**
   * Fetch and hash blobs as well? Otherwise it is only asked whether they are there; manifests are always fetched and hashed.
   * @default false
   */
  readonly deep?: boolean | undefined;
  readonly onEvent?: ((event: ReleaseEvent) => void) | undefined;
}

/**
 * Compares every mirror with the image, mirrors side by side.
 *
 * @returns what was found, in the order of the mirrors; one that cannot be reached is `failed`, which is not the same as drifted.
 * @throws the reason of the signal.
 */
export async function checkMirrors(
  image: ReleaseImage,
  mirrors: readonly OpenMirror[],
  options: CheckOptions = {},
): Promise<readonly MirrorCheck[]> {
  const { onEvent = () => undefined } = options;
  const checks = await Promise.all(
    mirrors.map(async (open) => {
      const run = startRun(open);
      const found = await runPhase(run, "read-back", onEvent, () => checkOne(open, image, options));
      return checkOf(run, found);
    }),
  );
  options.signal?.throwIfAborted();
  return checks;
}

interface Found {
  readonly compared: number;
  readonly findings: readonly Finding[];
}

function checkOf({ open: { mirror }, failures }: MirrorRun, found: Found | undefined): MirrorCheck {
  if (found === undefined) {
    return { mirror, status: "failed", compared: 0, findings: [], failure: failures[0] };
  }
  const status = found.findings.length === 0 ? "same" : "drifted";
  return { mirror, status, ...found, failure: undefined };
}

async function checkOne(
  { mirror, fresh }: OpenMirror,
  image: ReleaseImage,
  options: CheckOptions,
): Promise<Found> {
  const { signal, deep = false } = options;
  const { root, attachments } = variantFor(mirror, image);
  const findings: Finding[] = [];
  let compared = 0;

  const tags = await runAll(
    mirror.tags,
    8,
    async (tag) => ({ tag, named: await lookAtTag(fresh, tag, { signal }) }),
    signal,
  );
  for (const outcome of tags) {
    if (!outcome.ok) throw outcome.error;
    compared++;
    const { tag, named } = outcome.value;
    if (named?.digest === root.digest) continue;
    const expected = root.digest;
    findings.push({ what: `tag ${tag}`, expected, found: named?.digest ?? "absent" });
  }

  const seen = new Set<string>();
  const compare = async (descriptor: Descriptor, what: string, depth: number): Promise<void> => {
    if (seen.has(descriptor.digest) || depth > DEPTH_LIMIT) return;
    seen.add(descriptor.digest);
    compared++;
    const read = await look(fresh, plainDescriptor(descriptor), deep, { signal });
    if (typeof read === "string") {
      findings.push({ what, expected: descriptor.digest, found: read });
      return;
    }
    if (read === undefined) return;
    const { document } = read;
    const children = childrenOf(document);
    await Promise.all(
      children.map(async (child, at) => {
        const name = isIndex(document) ? nameOfChild(child) : nameOfBlob(what, at);
        await compare(child, name, depth + 1);
      }),
    );
  };
  await compare(root, "index", 1);
  if (mirror.attachments !== "none") {
    for (const { descriptor, subject, tag } of attachments) {
      const what = `attachment${tag === undefined ? "" : ` ${tag}`} of ${subject.digest.slice(0, 19)}`;
      await compare(descriptor, what, 1);
      if (tag === undefined) continue;
      compared++;
      const named = await lookAtTag(fresh, tag, { signal });
      if (named?.digest === descriptor.digest) continue;
      const expected = descriptor.digest;
      findings.push({ what: `tag ${tag}`, expected, found: named?.digest ?? "absent" });
    }
  }
  return { compared, findings };
}

/** Reads a document, or finds a blob: what is wrong with it, in a word; the document; or nothing, for a blob that is right. */
async function look(
  source: Source,
  descriptor: Descriptor,
  deep: boolean,
  options: StoreOptions,
): Promise<Awaited<ReturnType<typeof readSuccessors>> | string> {
  try {
    const read = await readSuccessors(source, descriptor, options);
    if (read !== undefined) return read;
    if (!deep) return (await source.exists(descriptor, options)) ? undefined : "absent";
    for await (const _ of source.fetch(descriptor, options));
    return undefined;
  } catch (error) {
    if (isHiatusError(error, "NOT_FOUND")) return "absent";
    if (isHiatusError(error, "CONTENT")) return `damaged: ${(error as HiatusError).message}`;
    throw error;
  }
}

function nameOfChild({ platform, digest }: Descriptor): string {
  return `${platform === undefined ? digest.slice(0, 19) : formatPlatform(platform)} manifest`;
}

/** Of a manifest's children the first is its config. */
function nameOfBlob(manifest: string, at: number): string {
  const owner = manifest.replace(/ manifest$/, "");
  return at === 0 ? `${owner} config` : `${owner} layer${at > 1 ? ` ${at}` : ""}`;
}
