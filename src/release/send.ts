/**
 * Sending an image to one store: look what its tags name there, move what is missing, tag last. Sent again, it costs one
 * question for each tag.
 *
 * @module
 */
import { type HiatusError, isHiatusError } from "../errors.ts";
import type { Attachment } from "../graph/attachments.ts";
import { type CopyEvent, type CopyFailure, copyGraph } from "../graph/copy.ts";
import { type CopyPlan, planCopy } from "../graph/plan.ts";
import { runAll } from "../graph/pool.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import {
  canPushTagged,
  isDistant,
  type Source,
  type Store,
  type StoreOptions,
} from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import type { PreparedImage } from "./prepare.ts";

/** What a tag named, and what it is to name. */
export interface TagMove {
  readonly tag: string;
  /** Undefined when there is no such tag. */
  readonly before: Digest | undefined;
  readonly after: Digest;
}

/** What happens, besides what a copy tells. A later plan means that the copy began anew. */
export type SendEvent = { readonly type: "found"; readonly moves: readonly TagMove[] } | CopyEvent;

/** How an image is sent. */
export interface SendOptions extends StoreOptions {
  /** What it is to be called there. With none it goes by its digest only. */
  readonly tags: readonly string[];
  readonly concurrency?: number | undefined;
  /** Another repository of the same registry that has the blobs. */
  readonly mountFrom?: string | undefined;
  readonly onProgress?: ((event: SendEvent) => void) | undefined;
}

/** What was done. */
export interface Sent {
  /** `present`: everything was there, and every tag named it. */
  readonly status: "sent" | "present";
  readonly moves: readonly TagMove[];
  readonly blobs: number;
  readonly manifests: number;
  /** Of what travelled. */
  readonly bytes: number;
  /** Why the attachments did not arrive, though the image did. */
  readonly attachmentError: HiatusError | undefined;
}

/** What would be done. */
export interface SendPlan {
  readonly moves: readonly TagMove[];
  readonly plan: CopyPlan;
}

/**
 * Sends an image. Attachments go before the tag moves, so that whoever sees the tag can verify it; where the
 * destination refuses only them, the image still arrives.
 *
 * @throws HiatusError what `copyGraph` throws; the reason of the signal.
 */
export async function sendImage(
  image: PreparedImage,
  to: Store,
  options: SendOptions,
): Promise<Sent> {
  const { signal, onProgress = () => undefined } = options;
  const { source, root } = image;
  const { moves, isHere, attachments } = await look(image, to, options);
  onProgress({ type: "found", moves });
  const wanted = moves.filter(({ before }) => before !== root.digest);
  const counts = { blobs: 0, manifests: 0, bytes: 0 };
  const done = (attachmentError?: HiatusError): Sent => {
    const idle = isHere && wanted.length === 0 && attachments.length === 0;
    return { status: idle ? "present" : "sent", moves, ...counts, attachmentError };
  };

  const copy = async (rest: readonly Attachment[]): Promise<void> => {
    const roots = rest.map(({ descriptor }) => descriptor);
    const plan = await copyGraph(source, to, isHere ? roots : [root, ...roots], {
      signal,
      concurrency: options.concurrency,
      mountFrom: options.mountFrom,
      onProgress,
      // A repository that has none of the tags is taken for empty: a question for each manifest is saved.
      rootsAbsent: !isHere && moves.length > 0 && moves.every(({ before }) => before === undefined),
      present: isHere ? subjectsOf(image) : [],
      tags: [
        ...rest.flatMap(({ descriptor, tag }) => (tag === undefined ? [] : [{ descriptor, tag }])),
        ...(isHere ? [] : wanted.map(({ tag }) => ({ descriptor: root, tag }))),
      ],
    });
    const { blobs, manifests, bytes } = plan.total;
    Object.assign(counts, { blobs, manifests, bytes });
  };
  let attachmentError: HiatusError | undefined;
  if (!isHere || attachments.length > 0) {
    attachmentError = await copy(attachments).then(
      () => undefined,
      (error: unknown) => whenOnlyOf(image, error, { signal }),
    );
    if (attachmentError !== undefined && !isHere) await copy([]);
  }
  if (isHere) await retag(image, to, wanted, options);
  return done(attachmentError);
}

/**
 * What sending would do. Every content is asked for, also what a real copy would rather push than ask for.
 *
 * @throws HiatusError what `planCopy` throws.
 */
export async function planSend(
  image: PreparedImage,
  to: Pick<Source, "exists" | "resolve">,
  options: Pick<SendOptions, "tags" | "concurrency" | "signal">,
): Promise<SendPlan> {
  const { signal, concurrency } = options;
  const { moves, isHere, attachments } = await look(image, to, options);
  const asked: Pick<Source, "exists"> = { exists: (content, how) => to.exists(content, how) };
  const roots = attachments.map(({ descriptor }) => descriptor);
  const plan = await planCopy(image.source, asked, isHere ? roots : [image.root, ...roots], {
    signal,
    concurrency,
    present: isHere ? [image.root, ...subjectsOf(image)] : [],
  });
  return { moves, plan };
}

/** What the tags name, whether the image is there, and which attachments are to be copied. */
async function look(
  { root, attachments }: PreparedImage,
  to: Pick<Source, "exists" | "resolve">,
  { tags, signal, concurrency = 8 }: Pick<SendOptions, "tags" | "concurrency" | "signal">,
) {
  const named = async (tag: string): Promise<Digest | undefined> => {
    try {
      return (await to.resolve(tag, { signal })).digest;
    } catch (error) {
      if (isHiatusError(error, "NOT_FOUND")) return undefined;
      throw error;
    }
  };
  const each = async <T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> => {
    const outcomes = await runAll(items, concurrency, task, signal);
    return outcomes.map((outcome) => {
      if (!outcome.ok) throw outcome.error;
      return outcome.value;
    });
  };
  const moves = await each(tags, async (tag): Promise<TagMove> => {
    return { tag, before: await named(tag), after: root.digest };
  });
  // What a registry has under a tag is whole. On this machine looking is cheap, and files go missing.
  const isHere =
    tags.length === 0 || !isDistant(to)
      ? await to.exists(root, { signal })
      : moves.some(({ before }) => before === root.digest);
  if (!isHere) return { moves, isHere, attachments };
  const there = await each(attachments, ({ descriptor, tag }) =>
    tag === undefined
      ? to.exists(descriptor, { signal })
      : named(tag).then((digest) => digest === descriptor.digest),
  );
  return { moves, isHere, attachments: attachments.filter((_, at) => !there[at]) };
}

/** The parts of an image to which something is attached: where the image is, they are. */
function subjectsOf({ attachments }: PreparedImage): readonly Descriptor[] {
  const attached = new Set(attachments.map(({ descriptor }) => descriptor.digest));
  return attachments
    .map(({ subject }) => subject)
    .filter((subject) => !attached.has(subject.digest));
}

/** The error, when everything that failed belongs to attachments alone; throws it otherwise. */
async function whenOnlyOf(
  { source, root, attachments }: PreparedImage,
  error: unknown,
  options: StoreOptions,
): Promise<HiatusError> {
  const failures = isHiatusError(error) ? error.detail.failures : undefined;
  if (attachments.length === 0 || !isHiatusError(error) || !Array.isArray(failures)) throw error;
  const { blobs, levels } = await planCopy(source, undefined, [root], options);
  const manifests = levels.flat().map(({ descriptor }) => descriptor);
  const own = new Set<string>([...blobs, ...manifests].map(({ digest }) => digest));
  if ((failures as CopyFailure[]).some(({ digest }) => own.has(digest))) throw error;
  return error;
}

/** The image is there by some tag; the others are set with the bytes that are at hand. */
async function retag(
  { source, root }: PreparedImage,
  to: Store,
  moves: readonly TagMove[],
  { signal, onProgress }: SendOptions,
): Promise<void> {
  for (const { tag } of moves) {
    if (!canPushTagged(to)) await to.tag(root, tag, { signal });
    else await to.pushTagged(root, await readAll(source, root, { signal }), tag, { signal });
    onProgress?.({ type: "tagged", descriptor: root, tag });
  }
}
