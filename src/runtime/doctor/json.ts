/**
 * Answers of programs, of which nothing is certain.
 *
 * @module
 */

/** An object; an empty one when the text is something else. */
export function readJson(text: string): Record<string, unknown> {
  try {
    return objectAt({ value: JSON.parse(text) as unknown }, "value") ?? {};
  } catch {
    return {};
  }
}

/** An object within another; undefined when there is none. */
export function objectAt(value: unknown, key: string): Record<string, unknown> | undefined {
  const inner = (value as Record<string, unknown> | undefined)?.[key];
  return typeof inner === "object" && inner !== null
    ? (inner as Record<string, unknown>)
    : undefined;
}

/** A list, or an empty one. */
export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
