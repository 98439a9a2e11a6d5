/**
 * What mirrors should hold: by the lock, or by an image that is named.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { lockPath, readLock } from "../build/lock.ts";
import { HiatusError } from "../errors.ts";
import { checkMirrors } from "../release/check.ts";
import { imageFor } from "../release/image.ts";
import { lockedImage } from "../release/locked-image.ts";
import type { OpenMirror } from "../release/mirror-stores.ts";
import type { ReleaseImage } from "../release/model.ts";
import { openMirrors } from "../release/open-mirror.ts";
import { release } from "../release/release.ts";
import { openLayout } from "../store/layout.ts";
import type { CheckFlags } from "./check.ts";
import { openSource } from "./open.ts";
import { planLines, type ReleasePresenter } from "./present/release.ts";
import { journalPath, mirrorsFor, type NamedImage, nameImage } from "./release-setup.ts";

/** What mirrors should hold, and the mirrors. */
export interface Expected {
  readonly named: NamedImage;
  readonly expected: ReleaseImage;
  readonly opened: readonly OpenMirror[];
}

/**
 * Opens mirrors and what they should hold, does something, and closes all of it.
 *
 * @throws HiatusError `CONFIG` when there is neither a lock for the version nor --from.
 */
export async function withExpected<T>(
  image: string,
  flags: CheckFlags,
  presenter: ReleasePresenter,
  signal: AbortSignal,
  work: (what: Expected) => Promise<T>,
): Promise<T> {
  const named = await nameImage(image, flags);
  const found = await mirrorsFor(named, flags);
  const closing: (() => Promise<void>)[] = [found.close];
  try {
    const opened = await openMirrors(found.mirrors, { onEvent: presenter.onConnection });
    if (flags.from !== undefined) {
      const { source, root, close } = await openSource(flags.from, { signal, flags: {} });
      closing.push(close);
      const what = { name: named.image, version: named.version, source, root };
      const expected = await imageFor(what, found.mirrors, { signal });
      return await work({ named, expected, opened });
    }
    const lock = await lockFor(named);
    const folder = join("dist", named.image, "oci");
    const near = existsSync(join(folder, "index.json")) ? await openLayout(folder) : undefined;
    const expected = await lockedImage(lock, opened, { near, signal });
    return await work({ named, expected, opened });
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/**
 * Brings back what drifted.
 *
 * @throws HiatusError when a mirror could not be brought back.
 */
export async function runRepairWith(
  image: string,
  flags: CheckFlags,
  presenter: ReleasePresenter,
  signal: AbortSignal,
): Promise<void> {
  await withExpected(image, flags, presenter, signal, async ({ named, expected, opened }) => {
    const checks = await checkMirrors(expected, opened, { deep: true, signal });
    presenter.checked(checks);
    const drifted = opened.filter((_, at) => checks[at]?.status === "drifted");
    const unknown = checks.filter(({ status }) => status === "failed");
    if (drifted.length > 0) {
      const result = await release(expected, drifted, {
        journal: journalPath(named, flags).replace(/\.ndjson$/, ".repair.ndjson"),
        repair: true,
        dryRun: flags.dryRun,
        confirm: flags.yes ? async () => true : undefined,
        onPlan(states) {
          presenter.onPlan(states);
          if (flags.dryRun && !flags.json && !flags.quiet) {
            process.stdout.write(`${planLines(states).join("\n")}\n`);
          }
        },
        onEvent: presenter.onEvent,
        signal,
      });
      presenter.done(result, []);
      if (result.result === "failed") {
        const failed = result.mirrors.filter((one) => one.result === "failed");
        throw new HiatusError(
          "REGISTRY",
          `${failed.length} of ${drifted.length} drifted mirrors could not be brought back`,
          {
            detail: { failed: failed.map(({ mirror }) => mirror.name) },
            hint: "Mend what is named above and run it again",
          },
        );
      }
    }
    if (unknown.length > 0) {
      const names = unknown.map(({ mirror }) => mirror.name);
      throw new HiatusError("NETWORK", `${names.join(", ")} could not be compared`, {
        detail: { failed: names },
        hint: "Mend what is named above and run it again",
      });
    }
  });
}

async function lockFor(named: NamedImage) {
  const path = lockPath(named.folder);
  const lock = await readLock(path);
  if (lock !== undefined && lock.version === named.version) return lock;
  const what = lock === undefined ? "There is no lock" : `The lock is of version ${lock.version}`;
  throw new HiatusError("CONFIG", `${what}, and version ${named.version} is asked for: "${path}"`, {
    detail: { path, version: named.version },
    hint: "Name what the mirrors should hold with --from, or write the lock: hiatus build --update-lock",
  });
}
