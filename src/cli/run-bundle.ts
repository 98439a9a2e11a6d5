/**
 * A bundle from the flags to the file.
 *
 * @module
 */
import { deltaAnnotations } from "../bundle/delta.ts";
import { formFor } from "../bundle/form.ts";
import { writeBundle } from "../bundle/write.ts";
import { parsePlatformName } from "../oci/platform.ts";
import { prepareImage } from "../release/prepare.ts";
import type { BundleFlags } from "./bundle.ts";
import { bundleNames } from "./bundle-names.ts";
import { openSource, parseSource } from "./open.ts";
import { presentBundle } from "./present/bundle.ts";
import { deltaSince } from "./since.ts";

/**
 * Writes a bundle and says what is in it.
 *
 * @throws HiatusError what kept it from being written; the file that was there before is then untouched.
 */
export async function runBundle(
  from: string,
  flags: BundleFlags,
  signal: AbortSignal,
): Promise<void> {
  const form = formFor(flags.out, flags.format);
  const platforms = flags.platform?.map(parsePlatformName);
  const presenter = presentBundle(flags);
  const { onConnection: onEvent, onUnlisted } = presenter;
  const opened = await openSource(parseSource(from), { signal, flags, onEvent });
  try {
    const names = await bundleNames(opened, flags, signal);
    const image = await prepareImage(opened.source, opened.root, {
      platforms,
      attachments: flags.referrers,
      onUnlisted,
      signal,
    });
    presenter.begin(image);
    const delta =
      flags.since === undefined
        ? undefined
        : await deltaSince(flags.since, image, { signal, flags, onEvent });
    const omitted = new Set<string>(delta?.omitted);
    const written = await writeBundle(flags.out, image, {
      form,
      ...names,
      annotations: delta && deltaAnnotations(delta),
      omit: ({ digest }) => omitted.has(digest),
      signal,
    });
    presenter.done(written, image, names, delta);
  } finally {
    await opened.close();
  }
}
