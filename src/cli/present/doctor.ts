/**
 * A diagnosis as a person reads it: a table of looks, then what mends what is wrong.
 *
 * @module
 */
import pc from "picocolors";
import type { Diagnosis } from "../../runtime/doctor/doctor.ts";
import type { NodeFinding } from "../../runtime/doctor/model.ts";
import { pasteable } from "./command-name.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";

const PAINT: Readonly<Record<NodeFinding["status"], (text: string) => string>> = {
  ok: pc.green,
  wrong: pc.red,
  "not looked at": pc.yellow,
};

/** The lines. */
export function formatDiagnosis({ findings }: Diagnosis): readonly string[] {
  const rows = findings.map(({ component, check, status, said, place }) => [
    component,
    check,
    status,
    `${printable(said)}${placeText(place)}`,
  ]);
  const columns = ["part", "look", "result", "what was seen"].map((title) => ({ title }));
  const table = formatTable(columns, rows, (cell, column, row) => {
    const finding = findings[row];
    return column === 2 && finding !== undefined ? PAINT[finding.status](cell) : cell;
  });
  return findings.length === 0 ? [] : [...table, ...findings.flatMap(mending)];
}

function placeText(place: NodeFinding["place"]): string {
  if (place === undefined) return "";
  return ` (${printable(place.file)}${place.line === undefined ? "" : `:${place.line}`})`;
}

function mending({ component, check, status, mend }: NodeFinding): readonly string[] {
  if (status !== "wrong" || mend === undefined) return [];
  return [
    "",
    pc.bold(`${component}, ${check}`),
    ...mend.map((one) => `    ${printable(pasteable(one))}`),
  ];
}
