/**
 * The forms of a bundle: one archive, plain, compressed, or inside a shell script that knows what to do with it.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";

/** `tar` for every importer, `tar.gz` and `tar.zst` for the way there, `run` for where nothing is installed. */
export const BUNDLE_FORMS = ["tar", "tar.gz", "tar.zst", "run"] as const;

/** One of {@link BUNDLE_FORMS}. */
export type BundleForm = (typeof BUNDLE_FORMS)[number];

const ENDINGS: Readonly<Record<string, BundleForm>> = {
  ".tar": "tar",
  ".tar.gz": "tar.gz",
  ".tgz": "tar.gz",
  ".tar.zst": "tar.zst",
  ".tzst": "tar.zst",
  ".run": "run",
};

/** The form that a file's name says; undefined when it says none. */
export function formOfName(file: string): BundleForm | undefined {
  const name = file.toLowerCase();
  const ending = Object.keys(ENDINGS).find((one) => name.endsWith(one));
  return ending === undefined ? undefined : ENDINGS[ending];
}

/**
 * The form that is asked for, or else that of the file's name.
 *
 * @throws HiatusError `USAGE` when there is neither.
 */
export function formFor(file: string, asked: BundleForm | undefined): BundleForm {
  const form = asked ?? formOfName(file);
  if (form !== undefined) return form;
  throw new HiatusError(
    "USAGE",
    `"${file.slice(0, 300)}" does not say what kind of bundle to write`,
    {
      detail: { file },
      hint: "End its name with .tar, .tar.gz, .tar.zst or .run, or say --format",
    },
  );
}
