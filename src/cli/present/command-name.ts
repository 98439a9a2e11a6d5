/**
 * What a person types to run hiatus again.
 *
 * @module
 */

/** Commands that hints name. */
const COMMAND =
  /(?<![\w/.-])hiatus (?=(?:build|bundle|seed|load|node-config|doctor|inspect|push|pull|tags|serve|verify|release|check|repair)\b)/g;

/** How the command was started is how it is started again: by npm, by Deno, or as it is. */
export function commandName(): string {
  if ("Deno" in globalThis) return "deno task hiatus";
  return process.env.npm_execpath === undefined ? "hiatus" : "npx hiatus";
}

/** A hint with its commands written so that they can be pasted. */
export function pasteable(text: string): string {
  return text.replace(COMMAND, `${commandName()} `);
}
