/**
 * Tables, and the generated parts of a document.
 *
 * @module
 */
import { readFile, rename, writeFile } from "node:fs/promises";

/** A Markdown table. Columns but the first are aligned right when every cell looks like a number. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const marks = head.map((_, column) => {
    const numeric = rows.every((row) => /^[-–~]?$|^[\d.,–]+\s*\S*$/.test(row[column] ?? ""));
    return column > 0 && numeric ? "---:" : "---";
  });
  return [head, marks, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * Replaces what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`.
 *
 * @throws Error when the file has no such markers.
 */
export async function replaceSection(file: string, name: string, body: string): Promise<void> {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const text = await readFile(file, "utf8");
  const from = text.indexOf(open);
  const to = text.indexOf(close);
  if (from < 0 || to < from)
    throw new Error(`"${file}" has no section between ${open} and ${close}`);
  const next = `${text.slice(0, from + open.length)}\n\n${body.trim()}\n\n${text.slice(to)}`;
  const aside = `${file}.${process.pid}.new`;
  await writeFile(aside, next);
  await rename(aside, file);
}
