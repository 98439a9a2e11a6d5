/**
 * What a verification shows: progress while it runs, a line per platform when it is done, then what failed and what was
 * not tried, each reason once.
 *
 * @module
 */
import pc from "picocolors";
import type { VerifyResult } from "../../verify/verify.ts";
import { jsonLine } from "./json.ts";
import { printable } from "./printable.ts";
import { type Column, formatTable } from "./table.ts";

/** Shows a verification. */
export interface VerifyPresenter {
  onResult(result: VerifyResult): void;
  done(results: readonly VerifyResult[]): void;
  /** Takes the progress line away; safe to call at any time. */
  close(): void;
}

/** How to show it. */
export interface VerifyShow {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly all?: boolean;
}

/** Chooses how to show: NDJSON, failures only, or text with a live line on a terminal. */
export function presentVerify(
  reference: string,
  digest: string,
  show: VerifyShow,
): VerifyPresenter {
  if (show.json) {
    return {
      onResult: (result) => jsonLine({ type: "check", ...result }),
      done: (results) => jsonLine({ type: "result", reference, digest, ...countsOf(results) }),
      close() {},
    };
  }
  const live = process.stderr.isTTY === true && !show.quiet;
  const close = () => void (live && process.stderr.write("\r\u001b[K"));
  let count = 0;
  return {
    onResult({ subject, check }) {
      count++;
      const line = printable(`${count} checks  ${subject}  ${check}`);
      if (live) process.stderr.write(`\r\u001b[K${pc.dim(line.slice(0, 78))}`);
    },
    done(raw) {
      close();
      const results = raw.map(cleaned);
      const lines = show.quiet
        ? groupLines(results, "failed")
        : summary(`${reference}  ${digest}`, results, show.all === true);
      if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
    },
    close,
  };
}

/** Without anything in it that moves a cursor. */
function cleaned(result: VerifyResult): VerifyResult {
  const { subject, evidence } = result;
  return { ...result, subject: printable(subject), evidence: printable(evidence) };
}

/** Everything that text shows, line by line. */
export function summary(
  title: string,
  results: readonly VerifyResult[],
  all: boolean,
): readonly string[] {
  const { passed, failed, notTried } = countsOf(results);
  const total = [
    pc.green(`${passed} passed`),
    failed > 0 ? pc.red(`${failed} FAILED`) : "0 failed",
    notTried > 0 ? pc.yellow(`${notTried} not tried`) : "0 not tried",
  ];
  const section = (heading: string, status: VerifyResult["status"]) => {
    const lines = groupLines(results, status);
    return lines.length === 0 ? [] : ["", heading, ...lines.map((line) => `  ${line}`)];
  };
  return [
    "",
    pc.bold(title),
    "",
    ...(all ? everyCheck(results) : everyPlatform(results)),
    ...section(pc.red("FAILED"), "failed"),
    ...section(pc.yellow("not tried"), "not tried"),
    "",
    total.join(", "),
    "",
  ];
}

const PLATFORM_COLUMNS: readonly Column[] = [
  { title: "platform" },
  { title: "structure" },
  { title: "behaviour" },
  { title: "start" },
];

function everyPlatform(results: readonly VerifyResult[]): readonly string[] {
  const subjects = [...new Set(results.map(({ subject }) => subject))];
  const rows = subjects.map((subject) => {
    const of = results.filter((result) => result.subject === subject);
    const part = (name: VerifyResult["part"]) => cellOf(of.filter((one) => one.part === name));
    const start = of.find((one) => one.check === "start" && one.status === "passed");
    return [subject, part("structure"), part("behaviour"), start?.evidence ?? ""];
  });
  // Nothing was run: nothing to say about that.
  const columns = PLATFORM_COLUMNS.filter((_, at) => rows.some((row) => row[at] !== ""));
  return formatTable(columns, rows, (cell, column, row) =>
    row < 0 || column === 3 ? pc.dim(cell) : column === 0 ? pc.cyan(cell) : paint(cell),
  ).map((line) => `  ${line}`);
}

function everyCheck(results: readonly VerifyResult[]): readonly string[] {
  const columns = ["platform", "check", "", "seen"].map((title): Column => ({ title }));
  const rows = results.map(({ subject, check, status, evidence }) => [
    subject,
    check,
    status === "failed" ? "FAILED" : status,
    evidence,
  ]);
  return formatTable(columns, rows, (cell, column, row) =>
    row < 0 ? pc.dim(cell) : column === 0 ? pc.cyan(cell) : column === 2 ? paint(cell) : cell,
  ).map((line) => `  ${line}`);
}

function paint(cell: string): string {
  if (cell.includes("FAILED")) return pc.red(cell);
  return cell.includes("not tried") ? pc.yellow(cell) : pc.green(cell);
}

function cellOf(results: readonly VerifyResult[]): string {
  const { passed, failed, notTried } = countsOf(results);
  const parts = [
    passed > 0 && `${passed} passed`,
    failed > 0 && `${failed} FAILED`,
    notTried > 0 && `${notTried} not tried`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** How many of each. */
export function countsOf(results: readonly VerifyResult[]) {
  const count = (status: VerifyResult["status"]) =>
    results.filter((result) => result.status === status).length;
  return { passed: count("passed"), failed: count("failed"), notTried: count("not tried") };
}

/** What has one status: checks that say the same of the same platforms stand together. */
function groupLines(
  results: readonly VerifyResult[],
  status: VerifyResult["status"],
): readonly string[] {
  /** For each platform and evidence, the checks; then for each such list, the platforms. */
  const checks = new Map<string, VerifyResult[]>();
  for (const result of results.filter((one) => one.status === status)) {
    const key = JSON.stringify([result.subject, result.part, result.evidence]);
    checks.set(key, [...(checks.get(key) ?? []), result]);
  }
  const subjects = new Map<string, { of: readonly VerifyResult[]; subjects: string[] }>();
  for (const of of checks.values()) {
    const key = JSON.stringify([of[0]?.evidence, of.map(({ check }) => check)]);
    const group = subjects.get(key) ?? { of, subjects: [] };
    group.subjects.push(of[0]?.subject ?? "");
    subjects.set(key, group);
  }
  return [...subjects.values()].flatMap((group) => [
    `${pc.cyan(someOf(group.subjects))}: ${namesOf(group.of, results)}`,
    `  ${group.of[0]?.evidence}`,
  ]);
}

/** The table above has all of them. */
function someOf(subjects: readonly string[]): string {
  const few = subjects.length > 4 ? subjects.slice(0, 2) : subjects;
  const more = subjects.length - few.length;
  return few.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function namesOf(group: readonly VerifyResult[], results: readonly VerifyResult[]): string {
  const [first] = group;
  const whole = results.filter((one) => one.subject === first?.subject && one.part === first.part);
  if (group.length > 1 && whole.length === group.length) return `all of its ${first?.part}`;
  return group.map(({ check }) => check).join("; ");
}
