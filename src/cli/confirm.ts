/**
 * Asking before tags are moved that name something else.
 *
 * @module
 */
import { describeMoves, type PlannedMove } from "../release/moves.ts";

/** What decides whether somebody can be asked. */
export interface ConfirmFlags {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/**
 * Who is asked: nobody with --yes, a person on a terminal. Undefined elsewhere, and then such tags are not moved.
 *
 * @param beforeAsking takes away what is drawn.
 */
export function confirmation(
  flags: ConfirmFlags,
  beforeAsking: () => void,
  signal: AbortSignal,
): ((moves: readonly PlannedMove[]) => Promise<boolean>) | undefined {
  if (flags.yes) return async () => true;
  if (flags.json || !process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (moves) => {
    beforeAsking();
    const { createInterface } = await import("node:readline/promises");
    process.stderr.write(
      `These tags name something else now:\n${describeMoves(moves).join("\n")}\n`,
    );
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    // The terminal is read key by key now, so Ctrl-C is a key and no signal.
    lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("\n")));
    try {
      const what = moves.length === 1 ? "this tag" : `these ${moves.length} tags`;
      const asked = lines.question(`Move ${what}? [y/N] `, { signal });
      const answer = await Promise.race([asked, ended]);
      if (answer === "\n") process.stderr.write("\n");
      return /^y(?:es)?$/i.test(answer.trim());
    } finally {
      lines.close();
    }
  };
}
