/** A terminal that knows what live rows use: up, back, erase below and to the right; colours are left out. */

/** What is on it, and how often it was written to. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
  /** The lines that are not empty. */
  lines(): readonly string[];
  writes(): number;
}

/** Makes one. */
export function createScreen(columns = 40, rows = 24): Screen {
  const lines: string[] = [""];
  let [at, column, count] = [0, 0, 0];
  const put = (text: string): void => {
    const line = lines[at] ?? "";
    lines[at] = line.slice(0, column).padEnd(column) + text + line.slice(column + text.length);
    column += text.length;
  };
  return {
    columns,
    rows,
    write(text) {
      count++;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by them
      for (const [piece, number, letter] of text.matchAll(/\u001b\[([\d;]*)([A-Z])|[^\u001b]/gi)) {
        if (piece === "\r") column = 0;
        else if (piece === "\n") {
          lines[++at] ??= "";
          column = 0;
        } else if (letter === "A") at -= Number(number);
        else if (letter === "K") lines[at] = (lines[at] ?? "").slice(0, column);
        else if (letter === "J") {
          lines.splice(at + 1);
          lines[at] = (lines[at] ?? "").slice(0, column);
        } else if (letter === undefined) put(piece);
      }
    },
    lines: () => lines.filter((line) => line !== ""),
    writes: () => count,
  };
}
