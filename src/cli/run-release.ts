/**
 * A release from the flags to the report.
 *
 * @module
 */
import { quoteCommand } from "../build/argv.ts";
import { HiatusError } from "../errors.ts";
import { awaitStaged } from "../release/await-staged.ts";
import { checkMirrors, type MirrorCheck } from "../release/check.ts";
import { forgetRelease } from "../release/forget.ts";
import { imageFor } from "../release/image.ts";
import type { ReleaseImage, ReleaseResult } from "../release/model.ts";
import type { PlannedMove } from "../release/moves.ts";
import { openMirrors } from "../release/open-mirror.ts";
import { release } from "../release/release.ts";
import { recordEvents } from "../release/report/happened.ts";
import { writeReleaseReport } from "../release/report/write.ts";
import { commandName } from "./present/command-name.ts";
import type { ReleasePresenter } from "./present/release.ts";
import { shortPath } from "./present/short-path.ts";
import type { ReleaseFlags } from "./release.ts";
import { journalPath, mirrorsFor, nameImage, shardOf } from "./release-setup.ts";
import { commandsOf, REPORT_FOLDER } from "./report-commands.ts";
import { rollBack } from "./roll-back.ts";
import { type TakenImage, takeImage } from "./take-image.ts";

/** Flags, and who is asked before tags move. */
export interface RunReleaseFlags extends ReleaseFlags {
  readonly confirm?: ((moves: readonly PlannedMove[]) => Promise<boolean>) | undefined;
}

/**
 * Builds or takes an image, verifies it, and releases it.
 *
 * @returns what became of it; failures of mirrors are in it.
 * @throws HiatusError what kept it from beginning.
 */
export async function runRelease(
  image: string,
  flags: RunReleaseFlags,
  presenter: ReleasePresenter,
  signal: AbortSignal,
): Promise<ReleaseResult> {
  const named = await nameImage(image, flags);
  const journal = journalPath(named, flags);
  if (flags.forget) await forgetRelease(journal);
  // A mistake in the mirrors file is told before anything is built.
  const found = await mirrorsFor(named, flags);
  const { onEvent, onConnection } = presenter;
  let taken: TakenImage | undefined;
  try {
    taken = await takeImage(image, named, flags, presenter, signal);
    const mirrors = shardOf(found.mirrors, flags.shard);
    const toRelease = { name: named.image, version: named.version, ...taken };
    const ready = await imageFor(toRelease, mirrors, { signal });
    const opened = await openMirrors(mirrors, { onEvent: onConnection });
    if (flags.waitForShards !== undefined) {
      const missing = await awaitStaged(ready, opened, {
        limit: flags.waitForShards * 60_000,
        onMissing(names) {
          const shown = `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
          const message = `waiting for shards to stage ${names.length} of ${opened.length} mirrors: ${shown}`;
          onEvent({ type: "warning", message });
        },
        signal,
      });
      if (missing.length > 0) {
        const message = `no shard has staged the image at ${missing.join(", ")}, and the time is up: it is staged here`;
        onEvent({ type: "warning", message });
      }
    }
    const recorder = recordEvents({ to: presenter });
    const result = await release(ready, opened, {
      journal,
      dryRun: flags.dryRun,
      stageOnly: flags.stageOnly,
      resume: flags.resume,
      confirm: flags.confirm,
      onPlan: recorder.onPlan,
      onEvent: recorder.onEvent,
      signal,
    });
    const more: [string, string][] = [];
    const isTagged = result.result === "released" || result.result === "unchanged";
    if (found.storage !== undefined && isTagged) {
      const checks = await pullBack(ready, opened, signal);
      const [check] = checks;
      more.push(["pulled", `${check?.compared ?? 0} contents and tags back, each as released`]);
      const folder = quoteCommand([shortPath(found.storage)]);
      more.push(["next", `${commandName()} serve --writable ${folder}`]);
    }
    if (result.journal !== undefined) more.push(["journal", result.journal]);
    if (!flags.dryRun) {
      const folder = flags.report ?? REPORT_FOLDER;
      const happened = recorder.happened();
      const path = await writeReleaseReport(folder, result, ready, {
        happened,
        plan: recorder.plan(),
        commands: commandsOf(image, flags),
        signal,
      });
      more.push(["report", path]);
    }
    presenter.done(result, more);
    return result;
  } finally {
    await taken?.close();
    await found.close();
  }
}

/** Puts back what the last release moved. @throws HiatusError when a tag could not be put back. */
export async function runRollback(
  image: string,
  flags: ReleaseFlags,
  presenter: ReleasePresenter,
  signal: AbortSignal,
): Promise<void> {
  const named = await nameImage(image, flags);
  const found = await mirrorsFor(named, flags);
  try {
    const { onConnection } = presenter;
    const opened = await openMirrors(found.mirrors, { onEvent: onConnection, actions: undefined });
    const journal = journalPath(named, flags);
    const folder = flags.report ?? REPORT_FOLDER;
    const commands = commandsOf(image, flags);
    const { mirrors } = found;
    await rollBack({ mirrors, opened, journal, folder, commands }, presenter, signal);
  } finally {
    await found.close();
  }
}

/** What was published to our own registry is fetched again and compared. */
async function pullBack(
  image: ReleaseImage,
  opened: Awaited<ReturnType<typeof openMirrors>>,
  signal: AbortSignal,
): Promise<readonly MirrorCheck[]> {
  const checks = await checkMirrors(image, opened, { deep: true, signal });
  const wrong = checks.filter(({ status }) => status !== "same");
  const [first] = wrong;
  if (first === undefined) return checks;
  const why =
    first.failure?.message ??
    first.findings.map(({ what, found }) => `${what}: ${found}`).join("; ");
  throw new HiatusError("CONTENT", `What was pulled back is not what was released: ${why}`, {
    detail: { checks: wrong },
    hint: "Look at the disk; hiatus repair pushes again what is missing",
  });
}
