/**
 * Shell text without what only its authors need.
 *
 * @module
 */

/**
 * Leaves out comments that have a line of their own, empty lines and indentation; here-documents stay as they are. The scripts of this
 * package have no quoted text of several lines, and a test runs them both ways.
 */
export function minimise(shell: string): string {
  const kept: string[] = [];
  let ending: string | undefined;
  for (const line of shell.split("\n")) {
    const bare = line.trim();
    if (ending !== undefined) {
      kept.push(line);
      if (line === ending) ending = undefined;
    } else if (bare !== "" && !bare.startsWith("#")) {
      kept.push(bare);
      ending = /<<\\?'?([A-Za-z_/]+)'?/.exec(bare)?.[1];
    }
  }
  return kept.join("\n");
}
