/**
 * Lines about destinations: what will be sent, what was sent, what tags named before.
 *
 * @module
 */
import pc from "picocolors";
import type { CopyPlan } from "../../graph/plan.ts";
import type { SendPlan, TagMove } from "../../release/send.ts";
import { formatBytes } from "./table.ts";
import type { Outcome } from "./transfer.ts";

/** What is on its way, where there are no rows that tell. */
export function startedLine(verb: "push" | "pull", name: string, plan: CopyPlan): string {
  return `${verb}ing to ${name}: ${amountOf(plan.total)}`;
}

/** What became of a destination. */
export function sentLines(
  verb: "push" | "pull",
  { name: place, sent, error }: Outcome,
  requests: number,
  width = 0,
): readonly string[] {
  const name = place.padEnd(width);
  if (sent === undefined) return [`  ${pc.red("✗")} ${name}  ${pc.red("failed")}`];
  const cost = requests === 0 ? [] : [countOf(requests, "request")];
  if (sent.status === "present") {
    const what = ["was there already", ...cost].join(", ");
    return [`  ${pc.green("✓")} ${name}  ${pc.dim(what)}`];
  }
  const nothing = sent.blobs + sent.manifests === 0;
  const what = [nothing ? "tagged" : `${verb}ed ${amountOf(sent)}`, ...cost].join(", ");
  const mark = error === undefined ? pc.green("✓") : pc.yellow("!");
  const lost = error === undefined ? "" : pc.yellow("  without what is attached");
  return [`  ${mark} ${name}  ${pc.dim(what)}${lost}`, ...replacedLines(sent.moves)];
}

/** What would be done to a destination. */
export function planLines(name: string, { moves, plan }: SendPlan): readonly string[] {
  const { total } = plan;
  const idle = total.blobs + total.manifests === 0;
  const present = total.present > 0 && !idle ? `; ${total.present} there already` : "";
  return [
    `  ${pc.bold(name)}`,
    ...moves.map(({ tag, before, after }) => {
      const from = before === undefined ? "new" : before === after ? "as it is" : `was ${before}`;
      return `    ${pc.dim("tag")}      ${tag}  ${from}`;
    }),
    `    ${pc.dim("to send")}  ${idle ? "nothing" : amountOf(total)}${present}`,
  ];
}

/** Whoever wants to go back needs the old digest. */
function replacedLines(moves: readonly TagMove[]): readonly string[] {
  return moves.flatMap(({ tag, before, after }) =>
    before === undefined || before === after ? [] : [`    ${tag} was ${before}`],
  );
}

function amountOf(what: {
  readonly blobs: number;
  readonly manifests: number;
  readonly bytes: number;
}): string {
  const { blobs, manifests, bytes } = what;
  return `${countOf(blobs, "blob")}, ${countOf(manifests, "manifest")}, ${formatBytes(bytes)} bytes`;
}

/** `1 request`, `2 requests`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
