/**
 * `report.json` as text.
 *
 * @module
 */
import type { ReleaseReport } from "./model.ts";

/**
 * The report as JSON, readable, with a line end. What cannot be seen is written as an escape, so that nothing in it steers the
 * terminal on which somebody looks at it.
 */
export function formatJson(report: ReleaseReport): string {
  const text = JSON.stringify(report, undefined, 2);
  const escaped = text.replaceAll(/[^\P{C}\n]|[\u2028\u2029]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
  return `${escaped}\n`;
}
