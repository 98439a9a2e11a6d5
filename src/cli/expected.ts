/**
 * What mirrors should hold: by the lock, or by an image that is named.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { lockPath, readLock } from "../build/lock.ts";
import { HiatusError } from "../errors.ts";
import { imageFor } from "../release/image.ts";
import { lockedImage } from "../release/locked-image.ts";
import type { OpenMirror } from "../release/mirror-stores.ts";
import type { ReleaseImage } from "../release/model.ts";
import { openMirrors } from "../release/open-mirror.ts";
import { openLayout } from "../store/layout.ts";
import type { CheckFlags } from "./check.ts";
import { openSource } from "./open.ts";
import type { ReleasePresenter } from "./present/release.ts";
import { mirrorsFor, type NamedImage, nameImage } from "./release-setup.ts";
import { refuseOtherVersion } from "./take-image.ts";

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
      await refuseOtherVersion(source, root, named, flags.from, signal);
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
