/**
 * Versions and stamps: text that becomes a tag, a C string and an argument of a compiler, so it is kept plain.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";

/**
 * The grammar of versions and revisions: a letter or digit, then at most 63 letters, digits, dots, underscores and dashes. That is a subset of the grammar
 * of tags. Without quotes, backslashes, percent signs, question marks (trigraphs), spaces and control characters, it
 * means itself in a C string; beginning with a letter or digit, it is never an option.
 */
export const VERSION_GRAMMAR = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Reads a version, for example `3.10.2`.
 *
 * @throws HiatusError `INVALID` when the text is not one.
 */
export function parseVersion(text: string): string {
  return parseWord("version", "3.10.2", text);
}

/**
 * Reads a revision: what `--stamp` adds to the version, for example the output of `git describe`.
 * The grammar is that of versions.
 *
 * @throws HiatusError `INVALID` when the text is not one.
 */
export function parseRevision(text: string): string {
  return parseWord("revision", "g1234abc", text);
}

/**
 * What the program prints after `pause.c`: the version alone, or with a revision `3.10.2+g1234abc`.
 * The plus sign cannot come from either, so the two can be told apart.
 *
 * @throws HiatusError `INVALID` when one of them does not follow its grammar.
 */
export function stampOf(version: string, revision?: string): string {
  const parsed = parseVersion(version);
  return revision === undefined ? parsed : `${parsed}+${parseRevision(revision)}`;
}

function parseWord(what: string, example: string, text: string): string {
  if (VERSION_GRAMMAR.test(text)) return text;
  throw new HiatusError("INVALID", `${JSON.stringify(text.slice(0, 80))} is not a ${what}`, {
    detail: { [what]: text.slice(0, 80) },
    hint: `Use at most 64 letters, digits, dots, underscores and dashes, beginning with a letter or digit, for example "${example}"`,
  });
}
