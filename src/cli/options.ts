/**
 * Values of options that several commands take.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";

/** Names with commas between them, or the option repeated. */
export function collectNames(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError("A name between the commas is empty.");
  return [...before, ...names];
}
