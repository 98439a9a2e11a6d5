/**
 * Live rows on a terminal: one for each thing under way, drawn over each other, gone in the end.
 *
 * @module
 */

/** Where rows are drawn. */
export interface RowsTerminal {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Rows that change in place. */
export interface Rows {
  /** Sets a row's text, plain; new names are added below. */
  set(name: string, text: string): void;
  /** Writes lines above the rows, where they stay. */
  print(text: string): void;
  /** Takes the rows away. Nothing is drawn afterwards. */
  close(): void;
}

/** Milliseconds between two drawings: more cannot be read. */
const PACE = 80;

/**
 * Begins rows.
 *
 * @param paint colours a row that was cut to the terminal's width.
 */
export function liveRows(terminal: RowsTerminal, paint: (row: string) => string = String): Rows {
  const texts = new Map<string, string>();
  let drawn = 0;
  let last = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const clear = (): void => {
    if (drawn > 0) terminal.write(`\u001b[${drawn}A\r\u001b[J`);
    drawn = 0;
  };
  const draw = (): void => {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    const lines = fitting([...texts.values()], terminal);
    // One write, so that no half of it is seen.
    const back = drawn > 0 ? `\u001b[${drawn}A\r` : "";
    terminal.write(`${back}${lines.map((line) => `${paint(line)}\u001b[K\n`).join("")}\u001b[J`);
    drawn = lines.length;
  };
  const drawSoon = (): void => {
    const wait = last + PACE - performance.now();
    if (wait <= 0) draw();
    else timer ??= setTimeout(draw, wait).unref();
  };
  return {
    set(name, text) {
      if (closed || texts.get(name) === text) return;
      texts.set(name, text);
      drawSoon();
    },
    print(text) {
      clear();
      terminal.write(text);
      if (!closed && texts.size > 0) draw();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      clear();
    },
  };
}

/** As many rows as the terminal has, none wider than it: a row that wraps cannot be drawn over. */
function fitting(texts: readonly string[], terminal: RowsTerminal): string[] {
  // Terminals that nobody measured say 0.
  const columns = terminal.columns || 80;
  const rows = terminal.rows || 24;
  const most = Math.max(1, rows - 2);
  const shown = texts.length > most ? texts.slice(0, most - 1) : texts;
  const more = texts.length - shown.length;
  const lines = more > 0 ? [...shown, `  and ${more} more`] : shown;
  return lines.map((line) => {
    const characters = [...line];
    const width = Math.max(1, columns - 1);
    return characters.length <= width ? line : `${characters.slice(0, width - 1).join("")}…`;
  });
}
