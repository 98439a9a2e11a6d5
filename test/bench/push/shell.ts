/**
 * One program for each registry, as a person would write it in a shell.
 *
 * @module
 */

/** One after the other; ends at the first that fails. */
export function inTurn(commands: readonly (readonly string[])[]): readonly string[] {
  return ["sh", "-c", ["set -e", ...commands.map(quoted)].join("\n")];
}

/** All at once; fails when one did. */
export function atOnce(commands: readonly (readonly string[])[]): readonly string[] {
  const starts = commands.map((command) => `${quoted(command)} & all="$all $!"`);
  return ["sh", "-c", [...starts, 'for one in $all; do wait "$one" || exit 1; done'].join("\n")];
}

/** So many at once, the next when one ends; fails when one did. */
export function someAtOnce(
  commands: readonly (readonly string[])[],
  most: number,
): readonly string[] {
  const script = 'most=$1; shift; printf "%s\\0" "$@" | xargs -0 -P "$most" -n 1 sh -c';
  return ["sh", "-c", script, "sh", String(most), ...commands.map((one) => `exec ${quoted(one)}`)];
}

function quoted(command: readonly string[]): string {
  return command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}
