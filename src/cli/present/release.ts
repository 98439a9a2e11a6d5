/**
 * What a release shows: a row for each mirror while it runs, then what became of each, and what to do about what failed.
 *
 * @module
 */
import pc from "picocolors";
import type { BuildEvent } from "../../build/events.ts";
import type { Finding, MirrorCheck } from "../../release/check.ts";
import type {
  MirrorFailure,
  MirrorOutcome,
  MirrorState,
  ReleaseEvent,
  ReleaseResult,
  TagOutcome,
} from "../../release/model.ts";
import type { RollbackResult } from "../../release/rollback.ts";
import type { ClientEvent } from "../../remote/events.ts";
import { jsonLine } from "./json.ts";
import { jsonNotices, textNotices } from "./notices.ts";
import { printable } from "./printable.ts";
import { liveRows } from "./progress.ts";
import { formatBytes, formatDigest, formatTable } from "./table.ts";

/** Shows a release, a check or a repair. */
export interface ReleasePresenter {
  readonly onBuild: (event: BuildEvent) => void;
  readonly onConnection: (mirror: string, event: ClientEvent) => void;
  readonly onEvent: (event: ReleaseEvent) => void;
  readonly onPlan: (states: readonly MirrorState[]) => void;
  /** @param more lines for people, such as where the report lies. */
  done(result: ReleaseResult, more: readonly (readonly [string, string])[]): void;
  rolledBack(result: RollbackResult): void;
  checked(checks: readonly MirrorCheck[]): void;
  /** Takes rows away; safe to call at any time. */
  close(): void;
}

/** How to show it. */
export interface ReleaseShow {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
}

/** Chooses how to show: NDJSON, live rows on a terminal, or plain lines. */
export function presentRelease(show: ReleaseShow): ReleasePresenter {
  return show.json ? jsonPresenter() : textPresenter(show);
}

const PHASES: Readonly<Record<string, string>> = {
  preflight: "looking",
  stage: "staging",
  "read-back": "reading back",
  tags: "moving tags",
  rollback: "rolling back",
};

function textPresenter(show: ReleaseShow): ReleasePresenter {
  const live = process.stderr.isTTY === true && !process.env.CI && !show.quiet;
  const rows = live ? liveRows(process.stderr, paintRow) : undefined;
  const write = (text: string): void => void (rows?.print(text) ?? process.stderr.write(text));
  const notices = textNotices(write);
  const shown = new Map<string, number>();
  const plain = (line: string): void => {
    if (rows === undefined && !show.quiet) process.stderr.write(`${line}\n`);
  };
  return {
    onBuild(event) {
      if (event.type === "warning") notices.tell(event.message, event.hint);
      else if (event.type === "compile" && event.state === "done" && !event.cached) {
        plain(`compiled ${event.platform.os}/${event.platform.architecture}`);
      }
    },
    onConnection(_, event) {
      if (event.type !== "request") notices.tellConnection(event);
    },
    onPlan(states) {
      if (!show.dryRun) for (const line of planLines(states)) plain(line);
    },
    onEvent(event) {
      if (event.type === "warning") {
        notices.tell(`${event.mirror ?? "release"}: ${event.message}`, event.hint);
      } else if (event.type === "mirror") {
        const { mirror, phase, state } = event;
        const what = PHASES[phase] ?? phase;
        if (state === "progress") {
          // What was pushed again does not take the row back.
          const bytes = Math.max(shown.get(mirror) ?? 0, event.bytes ?? 0);
          shown.set(mirror, bytes);
          rows?.set(mirror, `· ${mirror}  ${what}  ${formatBytes(bytes)} bytes`);
        } else if (state === "failed") rows?.set(mirror, `✗ ${mirror}  ${what} failed`);
        else if (state === "done" && phase === "tags") rows?.set(mirror, `✓ ${mirror}  done`);
        else rows?.set(mirror, `· ${mirror}  ${what}`);
        if (state === "failed") plain(`${mirror}: ${what} failed`);
      } else if (event.type === "tag") {
        plain(`${event.mirror}: ${event.tag} ${event.result}`);
      }
    },
    done(result, more) {
      rows?.close();
      if (show.quiet) return;
      const lines = show.dryRun ? [] : outcomeLines(result.mirrors);
      const failures = result.mirrors.flatMap(failureLines);
      process.stdout.write(
        `${["", titleOf(result), "", ...lines, ...failures, ...more.map(([name, text]) => `  ${pc.dim(name.padEnd(8))} ${text}`), ""].join("\n")}\n`,
      );
    },
    rolledBack(result) {
      rows?.close();
      if (show.quiet) return;
      const lines = result.mirrors.flatMap(({ mirror, tags, failures }) => [
        `  ${pc.bold(mirror)}  ${tags.map(tagText).join(", ")}`,
        ...failures.flatMap((failure) => failureText(mirror, failure)),
      ]);
      const none =
        lines.length === 0 ? ["  No tag had been moved; there was nothing to put back"] : [];
      const head = `${pc.bold(`${result.image} ${result.version}`)}  ${verdict(result.result)}`;
      process.stdout.write(`${["", head, "", ...none, ...lines, ""].join("\n")}\n`);
    },
    checked(checks) {
      rows?.close();
      if (show.quiet) return;
      process.stdout.write(`${["", ...checkLines(checks), ""].join("\n")}\n`);
    },
    close: () => rows?.close(),
  };
}

function jsonPresenter(): ReleasePresenter {
  const notices = jsonNotices();
  return {
    onBuild: (event) => jsonLine({ ...event }),
    onConnection(mirror, event) {
      if (event.type !== "request") notices.tellConnection(event, { mirror });
    },
    onPlan(states) {
      for (const { mirror, variant, profile, present, tags } of states) {
        jsonLine({
          type: "plan",
          mirror: mirror.name,
          repository: `${mirror.registry}/${mirror.repository}`,
          required: mirror.required,
          digest: variant.root.digest,
          profile,
          present,
          tags: tags.map(({ tag, before, action }) => ({
            tag,
            before: before?.digest ?? null,
            action,
          })),
        });
      }
    },
    onEvent: (event) => jsonLine({ ...event }),
    done(result) {
      jsonLine({ type: "result", ...result, mirrors: result.mirrors.map(outcomeFields) });
    },
    rolledBack: (result) => jsonLine({ type: "result", ...result }),
    checked(checks) {
      for (const { mirror, ...check } of checks) {
        const repository = `${mirror.registry}/${mirror.repository}`;
        jsonLine({ type: "check", mirror: mirror.name, repository, ...check });
      }
      const count = (status: MirrorCheck["status"]) =>
        checks.filter((check) => check.status === status).length;
      jsonLine({
        type: "result",
        same: count("same"),
        drifted: count("drifted"),
        failed: count("failed"),
      });
    },
    close() {},
  };
}

function outcomeFields({ mirror, ...outcome }: MirrorOutcome) {
  const { name, registry, repository, required } = mirror;
  return { mirror: name, repository: `${registry}/${repository}`, required, ...outcome };
}

function titleOf({ image, result, variants, mirrors, milliseconds }: ReleaseResult): string {
  const [first] = variants;
  const count = `${mirrors.length} ${mirrors.length === 1 ? "mirror" : "mirrors"}`;
  return [
    `${pc.bold(`${image.name} ${image.version}`)}  ${verdict(result)}`,
    `  ${pc.dim("index")}    ${pc.bold(first?.root.digest ?? "")}`,
    `  ${pc.dim("to")}       ${count}, ${(milliseconds / 1000).toFixed(1)} s`,
  ].join("\n");
}

const VERDICTS: Readonly<Record<string, string>> = {
  released: "released",
  unchanged: "unchanged: every mirror has it already",
  staged: "staged: everything is there by digest, and no tag was moved",
  planned: "planned: nothing was changed",
  "rolled back": "rolled back",
  failed: "failed",
};

function verdict(result: string): string {
  const text = VERDICTS[result] ?? result;
  return result === "failed" ? pc.red(text) : pc.green(text);
}

/** What will be done at each mirror, tag by tag. */
export function planLines(states: readonly MirrorState[]): readonly string[] {
  return states.flatMap(({ mirror, variant, profile, present, tags }) => {
    const { registry, repository, required } = mirror;
    const what = present ? "has the image" : `gets ${formatDigest(variant.root.digest, false)}`;
    const kind = `${profile}, ${required ? "required" : "best effort"}`;
    return [
      `${pc.bold(mirror.name)}  ${registry}/${repository}  ${pc.dim(kind)}  ${what}`,
      ...tags.map(({ tag, before, action }) => {
        if (action === "keep") return `  ${tag}  is right`;
        if (before === undefined) return `  ${tag}  is new`;
        return `  ${tag}  ${pc.yellow("moves")} from ${formatDigest(before.digest, false)}`;
      }),
    ];
  });
}

function outcomeLines(outcomes: readonly MirrorOutcome[]): readonly string[] {
  const table = formatTable(
    [
      { title: "mirror" },
      { title: "where" },
      { title: "result" },
      { title: "tags" },
      { title: "requests", align: "right" },
      { title: "bytes", align: "right" },
    ],
    outcomes.map(({ mirror, result, tags, requests, bytes }) => [
      mirror.name,
      `${mirror.registry}/${mirror.repository}`,
      mirror.required || result !== "failed" ? result : "failed (best effort)",
      tagSummary(tags),
      formatBytes(requests),
      formatBytes(bytes),
    ]),
    (cell, column, row) => {
      if (row < 0) return pc.dim(cell);
      if (column === 0) return pc.bold(cell);
      if (column !== 2) return cell;
      return cell.startsWith("failed") ? pc.red(cell) : pc.green(cell);
    },
  );
  return [...table.map((line) => `  ${line}`), ""];
}

/** `3.10.2, 3.10 created; latest kept` */
function tagSummary(tags: readonly TagOutcome[]): string {
  const byResult = new Map<string, string[]>();
  for (const { tag, result } of tags) {
    byResult.set(result, [...(byResult.get(result) ?? []), tag]);
  }
  return [...byResult]
    .map(([result, names]) => {
      const more = names.length > 4 ? ` and ${names.length - 3} more` : "";
      return `${names.slice(0, names.length > 4 ? 3 : 4).join(", ")}${more} ${result}`;
    })
    .join("; ");
}

function tagText({ tag, result, after }: TagOutcome): string {
  return `${tag} ${result}${after === undefined ? "" : ` (${formatDigest(after, false)})`}`;
}

function failureLines({ mirror, failures }: MirrorOutcome): readonly string[] {
  return failures.flatMap((failure) => failureText(mirror.name, failure));
}

function failureText(mirror: string, failure: MirrorFailure): readonly string[] {
  const { phase, message, hint, attachmentsOnly } = failure;
  const what = attachmentsOnly ? "attachments" : (PHASES[phase] ?? phase);
  const [first = "", ...rest] = message.split("\n").map(printable);
  return [
    `  ${pc.red("✗")} ${pc.bold(mirror)}: ${what}: ${first}`,
    ...rest.map((line) => `    ${line}`),
    ...(hint === undefined ? [] : [`    ${printable(hint)}`]),
    "",
  ];
}

function checkLines(checks: readonly MirrorCheck[]): readonly string[] {
  const table = formatTable(
    [
      { title: "mirror" },
      { title: "where" },
      { title: "status" },
      { title: "compared", align: "right" },
    ],
    checks.map(({ mirror, status, compared }) => [
      mirror.name,
      `${mirror.registry}/${mirror.repository}`,
      status,
      String(compared),
    ]),
    (cell, column, row) => {
      if (row < 0) return pc.dim(cell);
      if (column === 0) return pc.bold(cell);
      return column === 2 && cell !== "same" ? pc.red(cell) : cell;
    },
  );
  const details = checks.flatMap(({ mirror, findings, failure }) => [
    ...findings.map((finding) => findingLine(mirror.name, finding)),
    ...(failure === undefined ? [] : failureText(mirror.name, failure)),
  ]);
  return [...table.map((line) => `  ${line}`), "", ...details];
}

function findingLine(mirror: string, { what, expected, found }: Finding): string {
  const right = `should be ${formatDigest(expected, false)}`;
  return `  ${pc.red("✗")} ${pc.bold(mirror)}: ${what} ${right}, is ${printable(found)}`;
}

function paintRow(row: string): string {
  if (row.startsWith("✓")) return pc.green("✓") + row.slice(1);
  if (row.startsWith("✗")) return pc.red("✗") + row.slice(1);
  return pc.dim("·") + row.slice(1);
}
