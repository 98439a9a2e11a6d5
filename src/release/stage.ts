/**
 * Staging: the image goes to a mirror by its digests, and no tag moves.
 *
 * @module
 */
import { HiatusError, isAbort } from "../errors.ts";
import type { Attachment } from "../graph/attachments.ts";
import { type CopyEvent, copyGraph } from "../graph/copy.ts";
import { type Objection, wordsFor } from "../remote/objections.ts";
import type { StoreOptions } from "../store/source.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { MirrorState } from "./model.ts";

/** How staging is done. */
export interface StageOptions extends StoreOptions {
  readonly onProgress?: ((event: CopyEvent) => void) | undefined;
  /**
   * Push everything without asking, because the mirror does not hand out what it says it has.
   * @default false
   */
  readonly force?: boolean | undefined;
}

/** What was staged. */
export interface Staged {
  /** Attachments that are there now; fewer than all when the mirror refused some and may. */
  readonly attachments: readonly Attachment[];
  /** Why attachments are not there, if some are not. */
  readonly refused: HiatusError | undefined;
}

/**
 * Copies the image to a mirror, then what is attached to it. A mirror that takes the image and refuses the attachments has
 * the image all the same.
 *
 * @throws HiatusError when the image cannot be copied, or an attachment cannot and must be there.
 */
export async function stage(
  open: OpenMirror,
  state: MirrorState,
  options: StageOptions = {},
): Promise<Staged> {
  const { mirror, store } = open;
  const { source, root, attachments } = state.variant;
  const { signal, onProgress, force = false } = options;
  const copy = { signal, onProgress, concurrency: mirror.connection.concurrency };
  await copyGraph(source, store, [root], { ...copy, rootsAbsent: force || !state.present });
  if (mirror.attachments === "none" || attachments.length === 0) {
    return { attachments: [], refused: undefined };
  }
  const [objection] = state.objections?.attachments ?? [];
  if (objection !== undefined && mirror.attachments === "best-effort") {
    return { attachments: [], refused: leftOut(state.profile, objection) };
  }
  try {
    const roots = attachments.map(({ descriptor }) => descriptor);
    // What is attached goes by the digest of what it is attached to, so its tags say nothing that could be wrong before.
    const tags = attachments.flatMap(({ descriptor, tag }) =>
      tag === undefined ? [] : [{ descriptor, tag }],
    );
    const attached = new Set(roots.map(({ digest }) => digest));
    const subjects = attachments.map(({ subject }) => subject);
    const present = [root, ...subjects.filter(({ digest }) => !attached.has(digest))];
    await copyGraph(source, store, roots, { ...copy, present, rootsAbsent: force, tags });
    return { attachments, refused: undefined };
  } catch (error) {
    if (isAbort(error) || !(error instanceof HiatusError)) throw error;
    if (mirror.attachments === "required") throw error;
    return { attachments: [], refused: error };
  }
}

/** Why attachments were not even tried. */
function leftOut(profile: string, objection: Objection): HiatusError {
  return new HiatusError(
    "REGISTRY",
    `Attachments are left out: "${profile}" is known to refuse ${wordsFor(objection)}`,
    {
      detail: { profile, objection },
      hint: 'Say "attachments: none" for that mirror; or "profile: default", if this one takes them after all',
    },
  );
}
