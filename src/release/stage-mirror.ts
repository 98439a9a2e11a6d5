/**
 * A mirror gets the image: staged, read back, and staged again where it turns out to have lost what it said it had.
 *
 * @module
 */

import type { Descriptor } from "../oci/descriptor.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { closureOf } from "./closure.ts";
import { type Journal, previousOf, unfinishedRelease } from "./journal.ts";
import { type MirrorRun, type PhaseOptions, runPhase } from "./mirror-run.ts";
import type { MirrorFailure } from "./model.ts";
import { startReading } from "./read-back.ts";
import { type Staged, stage } from "./stage.ts";
import { now, previousRecord } from "./tags.ts";

/**
 * Brings the image to a mirror and reads all of it back. What the tags to be moved name now is written down first.
 */
export async function stageAndReadBack(
  one: MirrorRun,
  journal: Journal,
  options: PhaseOptions,
): Promise<void> {
  const { open, state } = one;
  if (state === undefined) return;
  const mirror = open.mirror.name;
  const digest = state.variant.root.digest;
  for (const tag of state.tags) {
    if (tag.action === "keep") continue;
    const known = previousOf(unfinishedRelease(journal.records), mirror, tag.tag);
    if (known !== undefined && known.digest === (tag.before?.digest ?? null)) continue;
    journal.append(previousRecord(mirror, tag));
  }
  let read = await stageOnce(one, journal, options, false);
  // What was there before may have been there in part only: registries lose what nothing named. Pushed as if it were not there.
  if (read === "lost" && state.present) {
    one.failures.splice(0, one.failures.length, ...one.failures.filter(isNotReadBack));
    one.repaired = true;
    read = await stageOnce(one, journal, options, true);
  }
  one.verified = read === "whole";
  if (one.verified) journal.append({ ...now(), type: "verified", mirror, digest });
}

/** Stages and reads back: `lost` when the mirror does not hand out what it took or said it had. */
async function stageOnce(
  one: MirrorRun,
  journal: Journal,
  { signal, onEvent = () => undefined }: PhaseOptions,
  force: boolean,
): Promise<"whole" | "lost" | "failed"> {
  const { open, state } = one;
  if (state === undefined) return "failed";
  const mirror = open.mirror.name;
  const { concurrency } = open.mirror.connection;
  const reading = startReading(open.fresh, { signal, concurrency });
  const taken: Descriptor[] = [];
  let total = 0;
  let done = 0;
  let staged: Staged | undefined;
  try {
    staged = await runPhase(one, "stage", onEvent, () =>
      stage(open, state, {
        signal,
        force,
        onProgress(event) {
          if (event.type === "plan") total += event.plan.total.bytes;
          if (event.type !== "copied" && event.type !== "mounted") return;
          const { descriptor } = event;
          done += descriptor.size;
          // One step behind: blobs once manifests are taken, so that reading them back keeps no manifest waiting.
          if (hasSuccessors(descriptor.mediaType)) reading.read(taken.splice(0));
          else taken.push(descriptor);
          onEvent({
            type: "mirror",
            mirror,
            phase: "stage",
            state: "progress",
            bytes: done,
            total,
          });
        },
      }),
    );
  } finally {
    // Nobody may be at work here any more when the mirror is given up.
    if (staged === undefined) await reading.end().catch(() => undefined);
  }
  if (staged === undefined) return "failed";
  if (staged.refused !== undefined) {
    const { code, message, hint } = staged.refused;
    one.failures.push({ phase: "stage", code, message, hint, attachmentsOnly: true });
    onEvent({ type: "warning", mirror, message, ...(hint === undefined ? {} : { hint }) });
  }
  journal.append({ ...now(), type: "staged", mirror, digest: state.variant.root.digest });
  const read = await runPhase(one, "read-back", onEvent, async () => {
    reading.read(await closureOf(state.variant, staged.attachments, { signal }));
    return await reading.end();
  });
  if (read !== undefined) return "whole";
  const why = one.failures.at(-1)?.code;
  return why === "NOT_FOUND" || why === "CONTENT" ? "lost" : "failed";
}

function isNotReadBack({ phase }: MirrorFailure): boolean {
  return phase !== "read-back";
}
