/**
 * Planning a copy: what must move, in which order, and what is there already. A plan can be printed,
 * totalled and carried out.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { DEPTH_LIMIT } from "../store/closure.ts";
import { isDistant, type Source, type StoreOptions } from "../store/source.ts";
import { gate } from "./pool.ts";
import { type ReadDocument, readSuccessors } from "./successors.ts";

/** A manifest to be moved, with the bytes that were read and verified for the plan. */
export interface PlannedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /**
   * Is it a child of another manifest of the plan, or its subject? Then it must be there before that one: registries refuse what
   * lacks a child, and zot 1.4 what lacks its subject.
   */
  readonly inner: boolean;
}

/** What a copy will do. Nothing is in it twice. */
export interface CopyPlan {
  readonly roots: readonly Descriptor[];
  /** To be moved first, in any order. */
  readonly blobs: readonly Descriptor[];
  /** To be moved then, level by level: what is in one level needs only blobs and earlier levels. */
  readonly levels: readonly (readonly PlannedManifest[])[];
  /** What the destination holds as a whole. What lies below it was not looked at. */
  readonly present: readonly Descriptor[];
  readonly total: {
    readonly blobs: number;
    readonly manifests: number;
    /** Of blobs and manifests to be moved. */
    readonly bytes: number;
    readonly present: number;
  };
}

/** How a plan is made. */
export interface PlanOptions extends StoreOptions {
  /**
   * Most questions to the stores at a time.
   * @default 8
   */
  readonly concurrency?: number | undefined;
  /**
   * Are the roots known not to be at the destination? Then it is not asked for them.
   * @default false
   */
  readonly rootsAbsent?: boolean | undefined;
  /**
   * Known to be at the destination as a whole, for example because it was just copied.
   * @default none
   */
  readonly present?: readonly Descriptor[] | undefined;
}

/**
 * Walks from the roots through everything that the destination does not hold. A destination far away is asked for the
 * roots, and below them only for what is cheaper to ask for than to push.
 *
 * @param to asked with `exists`; leave it out for a plan that moves everything.
 * @throws HiatusError `NOT_FOUND` when the source lacks a manifest, `CONTENT` when one is damaged or
 * the nesting is more than 8 deep.
 */
export async function planCopy(
  from: Pick<Source, "fetch">,
  to: Pick<Source, "exists"> | undefined,
  roots: readonly Descriptor[],
  options: PlanOptions = {},
): Promise<CopyPlan> {
  const { signal, concurrency = 8, rootsAbsent = false, present = [] } = options;
  const known = new Set(present.map(keyOf));
  const isAskedFor = (descriptor: Descriptor, depth: number): boolean =>
    depth === 1 ? !rootsAbsent : !(to && isDistant(to)) || to.worthAsking(descriptor);
  const through = gate(concurrency);
  const nodes = new Map<string, Promise<Node>>();

  // Every content is looked at once, however many documents name it, and siblings side by side.
  const visit = (descriptor: Descriptor, depth: number): Promise<void> => {
    if (depth > DEPTH_LIMIT) throw tooDeep(descriptor);
    if (nodes.has(keyOf(descriptor))) return Promise.resolve();
    const node = known.has(keyOf(descriptor))
      ? Promise.resolve({ descriptor, present: true, read: undefined })
      : through(() =>
          look(from, isAskedFor(descriptor, depth) ? to : undefined, descriptor, { signal }),
        );
    nodes.set(keyOf(descriptor), node);
    return node.then(async ({ read }) => {
      await Promise.all((read?.successors ?? []).map(async (next) => visit(next, depth + 1)));
    });
  };
  await Promise.all(roots.map(async (root) => visit(root, 1)));

  const looked = new Map<string, Node>();
  for (const [key, node] of nodes) looked.set(key, await node);
  return arrange(roots, looked);
}

/** What was found out about one content. */
interface Node {
  readonly descriptor: Descriptor;
  readonly present: boolean;
  readonly read: ReadDocument | undefined;
}

async function look(
  from: Pick<Source, "fetch">,
  to: Pick<Source, "exists"> | undefined,
  descriptor: Descriptor,
  options: StoreOptions,
): Promise<Node> {
  options.signal?.throwIfAborted();
  if (await to?.exists(descriptor, options)) return { descriptor, present: true, read: undefined };
  return { descriptor, present: false, read: await readSuccessors(from, descriptor, options) };
}

/** Puts what was found into the order of a walk from the roots, which no timing changes. */
function arrange(roots: readonly Descriptor[], nodes: ReadonlyMap<string, Node>): CopyPlan {
  const blobs: Descriptor[] = [];
  const levels: PlannedManifest[][] = [];
  const present: Descriptor[] = [];
  const inner = new Set(
    [...nodes.values()].flatMap(({ read }) => (read ? read.successors.map(keyOf) : [])),
  );
  /** The level of what was placed; -1 for what needs none. */
  const placed = new Map<string, number>();

  const place = (named: Descriptor): number => {
    const key = keyOf(named);
    const known = placed.get(key);
    if (known !== undefined) return known;
    // Set before going down, so that even documents that named each other would end.
    placed.set(key, -1);
    const node = nodes.get(key);
    if (node === undefined) return -1;
    const descriptor = withData(node.descriptor);
    if (node.present) present.push(plainDescriptor(descriptor));
    else if (node.read === undefined) blobs.push(descriptor);
    else {
      const level = 1 + Math.max(-1, ...node.read.successors.map((next) => place(next)));
      placed.set(key, level);
      levels[level] ??= [];
      levels[level].push({
        descriptor: plainDescriptor(descriptor),
        bytes: node.read.bytes,
        inner: inner.has(key),
      });
    }
    return placed.get(key) ?? -1;
  };
  for (const root of roots) place(root);

  const manifests = levels.flat();
  const sizes = [...blobs, ...manifests.map((manifest) => manifest.descriptor)];
  return {
    roots,
    blobs,
    levels,
    present,
    total: {
      blobs: blobs.length,
      manifests: manifests.length,
      bytes: sizes.reduce((sum, descriptor) => sum + descriptor.size, 0),
      present: present.length,
    },
  };
}

/**
 * What is the same to a plan. Content that one document calls a manifest and another a blob is both,
 * or else the order in which answers come would decide whether it is looked into.
 */
function keyOf({ digest, mediaType }: Descriptor): string {
  return `${hasSuccessors(mediaType) ? "document" : "blob"} ${digest}`;
}

/** What a copy of a blob needs: identity, and the content when the descriptor carries it. */
function withData(descriptor: Descriptor): Descriptor {
  const { data } = descriptor;
  return { ...plainDescriptor(descriptor), ...(data === undefined ? {} : { data }) };
}

function tooDeep(descriptor: Descriptor): HiatusError {
  return new HiatusError(
    "CONTENT",
    `${descriptor.digest} is nested more than ${DEPTH_LIMIT} levels deep`,
    {
      detail: { digest: descriptor.digest, limit: DEPTH_LIMIT },
      hint: "Copy the inner index by itself",
    },
  );
}
