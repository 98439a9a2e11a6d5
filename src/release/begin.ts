/**
 * Beginning a release in a journal, or going on with the one that is in it.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { HiatusError } from "../errors.ts";
import { isUnfinished, type Journal, type JournalRecord, lastRelease } from "./journal.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { ReleaseImage } from "./model.ts";
import { now } from "./tags.ts";

type Begin = Extract<JournalRecord, { type: "begin" }>;

/** A release in its journal. */
export interface Begun {
  /** Is a release open in the journal? */
  begun(): boolean;
  /** Writes its first record, unless it goes on with one. Not before there is something to do: a converged release leaves no trace. */
  begin(): void;
}

/**
 * Looks whether the journal holds an unfinished release.
 *
 * @param resume true: it must; false or undefined: it may, if it is the same.
 * @throws HiatusError `CONFIG` when it holds another one, or none that could be resumed.
 */
export function beginOrResume(
  image: ReleaseImage,
  mirrors: readonly OpenMirror[],
  journal: Journal,
  resume = false,
): Begun {
  const ours = beginOf(image, mirrors);
  const open = isUnfinished(journal.records);
  if (!open && resume) {
    throw new HiatusError("CONFIG", `There is no unfinished release in "${journal.path}"`, {
      detail: { path: journal.path },
      hint: "Release without --resume",
    });
  }
  if (open) {
    const [theirs] = lastRelease(journal.records) as readonly [Begin];
    const difference = differenceOf(theirs, ours);
    if (difference !== undefined) throw another(journal.path, theirs, difference);
  }
  let begun = open;
  return {
    begun: () => begun,
    begin() {
      if (!begun) journal.append(ours);
      begun = true;
    },
  };
}

function beginOf(image: ReleaseImage, mirrors: readonly OpenMirror[]): Begin {
  return {
    type: "begin",
    ...now(),
    id: randomUUID(),
    image: image.name,
    version: image.version,
    variants: image.variants.map(({ format, inline, root }) => ({
      format,
      inline,
      digest: root.digest,
    })),
    mirrors: mirrors.map(({ mirror: { name, registry, lasting, repository, tags, required } }) => ({
      name,
      registry: lasting ?? registry,
      repository,
      tags: [...tags],
      required,
    })),
  };
}

/** Why the two are not the same release; undefined when they are. */
function differenceOf(a: Begin, b: Begin): string | undefined {
  const same = (x: unknown, y: unknown) => JSON.stringify(x) === JSON.stringify(y);
  if (a.image !== b.image || a.version !== b.version) return `it is of ${a.image} ${a.version}`;
  if (!same(a.variants, b.variants)) return "the image has other digests";
  if (!same(a.mirrors, b.mirrors)) return "the mirrors are others";
  return undefined;
}

function another(path: string, theirs: Begin, difference: string): HiatusError {
  return new HiatusError(
    "CONFIG",
    `"${path}" holds an unfinished release of ${theirs.image} ${theirs.version}, and this is not the same: ${difference}`,
    {
      detail: { path, image: theirs.image, version: theirs.version },
      hint: "Finish that one with --resume or take it back with --rollback; --forget leaves things as they are",
    },
  );
}
