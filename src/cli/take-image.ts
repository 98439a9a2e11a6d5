/**
 * The image of a release: built, or taken from where it is and verified.
 *
 * @module
 */
import { join } from "node:path";
import { lockPath, readLock } from "../build/lock.ts";
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseDocument, READ_LIMIT } from "../oci/document.ts";
import { buildImage } from "../release/build-image.ts";
import { openLayout } from "../store/layout.ts";
import type { Source } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import { verifyImage } from "../verify/verify.ts";
import { openSource } from "./open.ts";
import type { ReleasePresenter } from "./present/release.ts";
import type { ReleaseFlags } from "./release.ts";
import type { NamedImage } from "./release-setup.ts";

/** An image, open. */
export interface TakenImage {
  readonly source: Source;
  readonly root: Descriptor;
  close(): Promise<void>;
}

/**
 * Builds the image, or opens the one that --from names and verifies every byte of it.
 *
 * @throws HiatusError `DIFFERENCE` when it fails a check or is not the locked one; `CONFIG` when it is of another version;
 * what building and reading throw.
 */
export async function takeImage(
  image: string,
  named: NamedImage,
  flags: ReleaseFlags,
  presenter: ReleasePresenter,
  signal: AbortSignal,
): Promise<TakenImage> {
  const { from, version, locked, verify } = flags;
  if (from === undefined) {
    const { onBuild: onEvent } = presenter;
    const built = await buildImage(image, { version, locked, verify, onEvent, signal });
    const source = await openLayout(join(built.folder, "oci"));
    return { source, root: built.index, async close() {} };
  }
  const { source, root, close } = await openSource(from, { signal, flags: {} });
  try {
    await refuseOtherVersion(source, root, named, from, signal);
    if (locked) await refuseUnlocked(root, named, from);
    await refuseBroken(source, root, from, verify ?? false, signal);
    return { source, root, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * What says that it is one version is not released as another: a folder holds whatever was built into it last.
 *
 * @throws HiatusError `CONFIG`
 */
export async function refuseOtherVersion(
  source: Pick<Source, "fetch">,
  root: Descriptor,
  { image, version }: Pick<NamedImage, "image" | "version">,
  from: string,
  signal: AbortSignal,
): Promise<void> {
  const bytes = await readAll(source, root, { limit: READ_LIMIT, signal });
  const said = parseDocument(bytes, root.mediaType).annotations?.[VERSION];
  // What stands behind the plus sign is a stamp, which no tag has.
  if (said === undefined || said === version || said.startsWith(`${version}+`)) return;
  throw new HiatusError(
    "CONFIG",
    `"${from}" is version "${said}" by its annotation, and version "${version}" of ${image} is asked for`,
    {
      detail: { from, found: said, expected: version },
      hint: "Name another image with --from, or its version with --version",
    },
  );
}

const VERSION = "org.opencontainers.image.version";

async function refuseUnlocked(root: Descriptor, named: NamedImage, from: string): Promise<void> {
  const path = lockPath(named.folder);
  const lock = await readLock(path);
  if (lock?.version === named.version && lock.index.digest === root.digest) return;
  const what = lock === undefined ? "there is none" : `it has ${lock.version} ${lock.index.digest}`;
  throw new HiatusError(
    "DIFFERENCE",
    `"${from}" is ${root.digest}, and not that of the lock: ${what}`,
    {
      detail: { path, expected: lock?.index.digest, found: root.digest },
      hint: "Release the locked image, or leave --locked out",
    },
  );
}

async function refuseBroken(
  source: Source,
  root: Descriptor,
  from: string,
  behaviour: boolean,
  signal: AbortSignal,
): Promise<void> {
  const results = await verifyImage(source, root, { behaviour, signal });
  const failed = results.filter(({ status }) => status === "failed");
  const [first] = failed;
  if (first === undefined) return;
  throw new HiatusError(
    "DIFFERENCE",
    `"${from}" fails ${failed.length} of ${results.length} checks: ${first.subject}: ${first.check}: ${first.evidence}`,
    {
      detail: { failed },
      hint: `Do not publish it; hiatus verify ${from} shows every check`,
    },
  );
}
