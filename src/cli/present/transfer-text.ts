/**
 * A push or a pull for people: a row for each destination while it runs, then what became of each.
 *
 * @module
 */
import pc from "picocolors";
import type { SendEvent } from "../../release/send.ts";
import { textNotices } from "./notices.ts";
import { printable } from "./printable.ts";
import { liveRows } from "./progress.ts";
import { formatBytes, formatDigest } from "./table.ts";
import type { TransferPresenter, TransferShow } from "./transfer.ts";
import { countOf, planLines, sentLines, startedLine } from "./transfer-lines.ts";
import { tellChanges, tellUnlisted } from "./transfer-notices.ts";

/** Shows it as text: results on standard output, everything else on standard error. */
export function textTransfer(verb: "push" | "pull", show: TransferShow): TransferPresenter {
  const live = process.stderr.isTTY === true && !process.env.CI && !show.quiet && !show.dryRun;
  const rows = live ? liveRows(process.stderr, paintRow) : undefined;
  const write = (text: string): void => {
    if (rows === undefined) process.stderr.write(text);
    else rows.print(text);
  };
  const notices = textNotices(write);
  const requests = new Map<string, number>();
  let asked = 0;
  let title = "";
  let attached = 0;
  let digest = "";
  let width = 0;
  return {
    onUnlisted: (error) => tellUnlisted(notices, error),
    onConnection(event) {
      if (event.type === "request") asked++;
      else notices.tellConnection(event);
    },
    begin(from, image, destinations) {
      tellChanges(notices, image);
      digest = image.root.digest;
      attached = image.attachments.length;
      title = `${pc.bold(printable(from))}  ${digest}`;
      width = Math.max(...destinations.map((name) => name.length));
      for (const name of destinations) rows?.set(name, `· ${name}`);
    },
    connectionOf: (name) => (event) => {
      if (event.type === "request") requests.set(name, (requests.get(name) ?? 0) + 1);
      else notices.tellConnection(event);
    },
    progressOf(name) {
      const bar = rowOf();
      return (event) => {
        const line = bar(event);
        rows?.set(name, `· ${name.padEnd(width)}  ${line}`);
        if (rows || show.quiet || event.type !== "plan") return;
        process.stderr.write(`${startedLine(verb, name, event.plan)}\n`);
      };
    },
    ended(outcome) {
      const { name, error } = outcome;
      const end = error === undefined ? `  ${formatDigest(digest, false)}` : "";
      rows?.set(name, `${error === undefined ? "✓" : "✗"} ${name.padEnd(width)}${end}`);
      return outcome;
    },
    done(outcomes) {
      rows?.close();
      const failed = outcomes.some(({ error }) => error !== undefined);
      if (show.quiet) {
        if (!failed) process.stdout.write(`${digest}\n`);
        return;
      }
      const lines = outcomes.flatMap((outcome) =>
        outcome.planned === undefined
          ? sentLines(verb, outcome, requests.get(outcome.name) ?? 0, width)
          : planLines(outcome.name, outcome.planned),
      );
      const more = [
        ...(attached === 0 ? [] : [`${attached} attached`]),
        ...(asked === 0 ? [] : [countOf(asked, "request")]),
      ];
      const first = more.length === 0 ? title : `${title}  ${pc.dim(more.join(", "))}`;
      const end = show.dryRun ? ["", "Nothing was sent; without --dry-run it would be"] : [];
      process.stdout.write(`${["", first, "", ...lines, ...end, ""].join("\n")}\n`);
    },
    close: () => rows?.close(),
  };
}

/** What a row says of a destination. Numbers never go back, also where a copy begins anew. */
function rowOf(): (event: SendEvent) => string {
  let total = 0;
  let bytes = 0;
  let done = 0;
  let count = 0;
  return (event) => {
    if (event.type === "plan") {
      total = Math.max(total, event.plan.total.bytes);
      count = Math.max(count, event.plan.total.blobs + event.plan.total.manifests);
    } else if (event.type === "copied" || event.type === "mounted") {
      bytes = Math.max(bytes, event.bytes);
      done = Math.min(count, done + 1);
    }
    return count === 0
      ? ""
      : `${done} of ${count}  ${formatBytes(bytes)} of ${formatBytes(total)} bytes`;
  };
}

function paintRow(row: string): string {
  if (row.startsWith("✓")) return pc.green("✓") + row.slice(1);
  if (row.startsWith("✗")) return pc.red("✗") + row.slice(1);
  return pc.dim("·") + row.slice(1);
}
