/**
 * Tables and sizes as a person reads them.
 *
 * @module
 */

/** A column: its heading, and on which side its cells are padded. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Pads cells so that columns stand under each other; widths count code points, colours are added by `paint`. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number, row: number) => string = (cell) => cell,
): readonly string[] {
  const all = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, column) =>
    Math.max(...all.map((row) => [...(row[column] ?? "")].length)),
  );
  return all.map((row, position) =>
    columns
      .map(({ align }, column) => {
        const cell = row[column] ?? "";
        const space = " ".repeat(widths[column]! - [...cell].length);
        const painted = paint(cell, column, position - 1);
        return align === "right" ? space + painted : painted + space;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** `1,234` whatever the locale. */
export function formatBytes(bytes: number): string {
  return String(bytes).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The digest as a whole, or its first twelve digits where space is short. */
export function formatDigest(digest: string, wide: boolean): string {
  return wide ? digest : `${digest.slice(0, digest.indexOf(":") + 13)}…`;
}
