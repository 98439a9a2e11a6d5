/**
 * How an error looks: what was wrong, where, and what to do.
 *
 * @module
 */
import pc from "picocolors";
import { HiatusError } from "../../errors.ts";
import { pasteable } from "./command-name.ts";
import { jsonLine } from "./json.ts";
import { printable } from "./printable.ts";

/** Prints an error on standard error, or as an event on standard output when JSON was asked for. */
export function printError(error: unknown, options: { readonly json: boolean }): void {
  const ours = error instanceof HiatusError ? error : undefined;
  if (options.json) {
    const code = ours?.code ?? "INTERNAL";
    const message = error instanceof Error ? error.message : String(error);
    jsonLine({ type: "error", code, message, hint: ours?.hint, detail: ours?.detail });
    return;
  }
  const red = pc.isColorSupported && process.stderr.isTTY ? pc.red : String;
  if (ours === undefined) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(
      `${red("hiatus:")} ${text}\n  This is a mistake in hiatus; please report it with these lines\n`,
    );
    return;
  }
  const hint = ours.hint === undefined ? "" : `\n  ${lines(pasteable(ours.hint)).join("\n  ")}`;
  process.stderr.write(`${red("hiatus:")} ${lines(ours.message).join("\n")}${hint}\n`);
}

/** Our own line breaks stay; what comes from files and registries must not move the cursor. */
function lines(text: string): readonly string[] {
  return text.split("\n").map(printable);
}
