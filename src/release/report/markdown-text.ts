/**
 * Text of strangers in Markdown, for the job pages of GitHub and GitLab: nothing in it may become a link, a picture, a heading, a
 * mention or markup.
 *
 * @see https://github.github.com/gfm/
 * @module
 */

/** Invisible, and keeps what stands on both sides apart: `@` and a name are no mention then. */
const JOINER = "\u2060";

/**
 * Text as words on one line. What means something in Markdown or HTML is written as a character reference, which by the
 * specification never means structure; what GitHub and GitLab look for afterwards (mentions, issues, labels, emoji, addresses)
 * is taken apart.
 */
export function mdText(text: string): string {
  return visible(text)
    .replaceAll(/(^|\W)([@#!~%$&])(?=[\w"])/g, `$1$2${JOINER}`)
    .replaceAll(/@(?=[\w-]+\.)/g, `@${JOINER}`)
    .replaceAll(/:(?=[\w+-]+:)/g, `:${JOINER}`)
    .replaceAll(/[\\`*_{}[\]<>#+!|~@&$^=]|:(?=\S)|(?<=\bwww)\./gi, reference);
}

function reference(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

/**
 * Text as code on one line, in a table or not: nothing in it means anything. A bar in a table ends a cell even in code, so it
 * is written `\|`, which there and only there means a bar.
 */
export function mdCode(text: string, inTable = false): string {
  const line = visible(text).trim();
  if (line === "") return "–";
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  const safe = inTable ? line.replaceAll("|", "\\|") : line;
  return `${fence}${space}${safe}${space}${fence}`;
}

/** On one line; what cannot be seen is shown as its code point. */
function visible(text: string): string {
  return text.replaceAll(/\s+/gu, " ").replaceAll(/[^\P{C}]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return `\\u{${point.toString(16)}}`;
  });
}
