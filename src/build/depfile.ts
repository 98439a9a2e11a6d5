/**
 * Reads the rule of make in which a compiler says which files it read (`-MD -MF`).
 *
 * @see https://gcc.gnu.org/onlinedocs/cpp/Invocation.html
 * @module
 */

/**
 * The prerequisites of the first rule, as they are written there: relative names stay relative. Compilers escape spaces
 * and number signs with a backslash and dollar signs by doubling them.
 *
 * @returns undefined when the text holds no rule.
 */
export function parseDepfile(text: string): readonly string[] | undefined {
  const line = text.replaceAll(/\\\r?\n/g, " ").split(/\r?\n/, 1)[0] ?? "";
  // The target ends at a colon before white space; colons elsewhere are drive letters.
  const colon = /:(?=\s|$)/.exec(line);
  if (colon === null) return undefined;
  const words = line.slice(colon.index + 1).match(/(?:\\[ #]|\$\$|\S)+/g) ?? [];
  return words.map((word) => word.replaceAll(/\\([ #])/g, "$1").replaceAll("$$", "$"));
}
