/**
 * What a release shows: a row for each mirror while it runs, then what became of each, and what to do about what failed.
 *
 * @module
 */
import pc from "picocolors";
import type { BuildEvent } from "../../build/events.ts";
import { formatPlatform } from "../../oci/platform.ts";
import type { MirrorCheck } from "../../release/check.ts";
import type { MirrorState, ReleaseEvent, ReleaseResult, TagOutcome } from "../../release/model.ts";
import type { RollbackResult } from "../../release/rollback.ts";
import type { ClientEvent } from "../../remote/events.ts";
import { textNotices } from "./notices.ts";
import { liveRows } from "./progress.ts";
import { jsonRelease } from "./release-json.ts";
import {
  failureLines,
  PHASES,
  planBefore,
  planLines,
  rollbackLines,
  sentText,
  tagSummary,
  titleLines,
} from "./release-lines.ts";
import { checkLines, findingLines, outcomeLines } from "./release-tables.ts";
import { formatBytes } from "./table.ts";

/** Shows a release, a check or a repair. */
export interface ReleasePresenter {
  readonly onBuild: (event: BuildEvent) => void;
  readonly onConnection: (mirror: string, event: ClientEvent) => void;
  readonly onEvent: (event: ReleaseEvent) => void;
  readonly onPlan: (states: readonly MirrorState[]) => void;
  /** @param more lines for people, such as where the report lies. */
  done(result: ReleaseResult, more: readonly (readonly [string, string])[]): void;
  /** @param more as of `done`. */
  rolledBack(result: RollbackResult, more?: readonly (readonly [string, string])[]): void;
  /**
   * @param last whether nothing follows, or a repair of what was found.
   * @param more as of `done`.
   */
  checked(
    checks: readonly MirrorCheck[],
    last: boolean,
    more?: readonly (readonly [string, string])[],
  ): void;
  /** Takes rows away until something happens again. */
  pause(): void;
  /** Takes rows away for good; safe to call at any time. */
  close(): void;
}

/** How to show it. */
export interface ReleaseShow {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  /** Is it about mirrors that drifted? @default false */
  readonly repair?: boolean;
}

/** Chooses how to show: NDJSON, live rows on a terminal, or plain lines. */
export function presentRelease(show: ReleaseShow): ReleasePresenter {
  return show.json ? jsonRelease() : textRelease(show);
}

/** Results on standard output; everything else, and failures where only they are wanted, on standard error. */
function textRelease(show: ReleaseShow): ReleasePresenter {
  const progress = showProgress(show);
  const print = (lines: readonly string[]) =>
    void process.stdout.write(`${["", ...lines, ""].join("\n")}\n`);
  const complain = (lines: readonly string[]) => {
    if (lines.length > 0) process.stderr.write(`${lines.join("\n")}\n`);
  };
  return {
    ...progress,
    onPlan(states) {
      if (show.quiet) return;
      if (show.dryRun) process.stdout.write(lined(planLines(states, show.repair)));
      else progress.tell(show.repair ? planLines(states, true) : planBefore(states));
    },
    done(result, more) {
      progress.close();
      const failures = failureLines(result.mirrors);
      if (show.quiet) return complain(failures);
      const blocks = [
        titleLines(result, show.repair ? "brought back" : "released"),
        show.dryRun || result.mirrors.length === 0 ? [] : outcomeLines(result.mirrors),
        failures,
        moreLines(more),
      ].filter((block) => block.length > 0);
      print(blocks.flatMap((block, at) => (at === 0 ? block : ["", ...block])));
    },
    rolledBack(result, more = []) {
      progress.close();
      if (!show.quiet) return print([...rollbackLines(result), ...apart(moreLines(more))]);
      if (result.result === "failed") complain(rollbackLines(result));
    },
    checked(checks, _, more = []) {
      progress.close();
      if (show.quiet) complain(findingLines(checks));
      else print([...checkLines(checks), ...apart(moreLines(more))]);
    },
  };
}

function moreLines(more: readonly (readonly [string, string])[]): readonly string[] {
  return more.map(([name, text]) => `  ${pc.dim(name.padEnd(8))} ${text}`);
}

/** With a line before them, if there are any. */
function apart(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function lined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** What is seen while it runs: rows that change on a terminal, elsewhere a line for each mirror and phase. */
function showProgress(show: ReleaseShow) {
  const live = process.stderr.isTTY === true && !process.env.CI && !show.quiet;
  const begin = () => (live ? liveRows(process.stderr, paintRow) : undefined);
  let rows = begin();
  const write = (text: string): void => {
    if (rows === undefined) process.stderr.write(text);
    else rows.print(text);
  };
  const tell = (lines: readonly string[]): void => {
    if (lines.length > 0) write(lined(lines));
  };
  const plain = (line: string): void => {
    if (rows === undefined && !show.quiet) process.stderr.write(`${line}\n`);
  };
  const notices = textNotices(write);
  const sent = new Map<string, number>();
  const staged = new Set<string>();
  const moved = new Map<string, Pick<TagOutcome, "tag" | "result">[]>();
  let compiled = 0;

  const onMirror = (event: Extract<ReleaseEvent, { type: "mirror" }>): void => {
    const { mirror, phase, state } = event;
    const what = PHASES[phase];
    if (state === "progress") {
      // What was pushed again does not take the row back.
      const bytes = Math.max(sent.get(mirror) ?? 0, event.bytes ?? 0);
      sent.set(mirror, bytes);
      rows?.set(mirror, `· ${mirror}  ${what}  ${formatBytes(bytes)} bytes`);
    } else if (state === "failed") {
      rows?.set(mirror, `✗ ${mirror}  ${what} failed`);
      plain(`${mirror}: ${what} failed`);
    } else if (state === "done" && phase === "tags") rows?.set(mirror, `✓ ${mirror}  done`);
    else rows?.set(mirror, `· ${mirror}  ${what}`);

    if (state === "done" && phase === "stage") {
      staged.add(mirror);
      plain(`${mirror}: staged${sentText(sent.get(mirror) ?? 0)}`);
      // A check reads back as well, and its table says so.
    } else if (state === "done" && phase === "read-back" && staged.has(mirror)) {
      plain(`${mirror}: read back`);
    }
    const tags = moved.get(mirror);
    if (tags === undefined || (state !== "done" && state !== "failed")) return;
    // Tags are put back one by one, each a phase by itself; what became of them is told in the end.
    if (phase === "tags") plain(`${mirror}: ${tagSummary(tags)}`);
    moved.delete(mirror);
  };

  return {
    tell,
    onBuild(event: BuildEvent) {
      if (event.type === "warning") return notices.tell(event.message, event.hint);
      if (event.type !== "compile" || event.state !== "done") return;
      compiled++;
      const name = formatPlatform(event.platform);
      rows?.set("build", `· compiling  ${compiled} done  ${name}`);
      if (!event.cached) plain(`compiled ${name}`);
    },
    onConnection(_: string, event: ClientEvent) {
      if (event.type !== "request") notices.tellConnection(event);
    },
    onEvent(event: ReleaseEvent) {
      if (event.type === "phase" && event.phase === "preflight" && compiled > 0) {
        rows?.set("build", `✓ built  ${compiled} platforms`);
      } else if (event.type === "warning") {
        notices.tell(`${event.mirror ?? "release"}: ${event.message}`, event.hint);
      } else if (event.type === "mirror") onMirror(event);
      else if (event.type === "tag") {
        const { mirror, tag, result } = event;
        moved.set(mirror, [...(moved.get(mirror) ?? []), { tag, result }]);
      }
    },
    pause() {
      rows?.close();
      rows = begin();
    },
    close: () => rows?.close(),
  };
}

function paintRow(row: string): string {
  if (row.startsWith("✓")) return pc.green("✓") + row.slice(1);
  if (row.startsWith("✗")) return pc.red("✗") + row.slice(1);
  return pc.dim("·") + row.slice(1);
}
