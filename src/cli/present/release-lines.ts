/**
 * Lines about mirrors: what will be done, what became of each, and what went wrong.
 *
 * @module
 */
import pc from "picocolors";
import type {
  MirrorFailure,
  MirrorOutcome,
  MirrorState,
  Phase,
  ReleaseResult,
  TagOutcome,
} from "../../release/model.ts";
import type { RollbackResult } from "../../release/rollback.ts";
import { type Objection, wordsFor } from "../../remote/objections.ts";
import { pasteable } from "./command-name.ts";
import { printable } from "./printable.ts";
import { formatBytes, formatDigest } from "./table.ts";

/** What a phase is called while it runs. */
export const PHASES: Readonly<Record<Phase, string>> = {
  preflight: "looking",
  stage: "staging",
  "read-back": "reading back",
  tags: "moving tags",
  rollback: "rolling back",
};

const VERDICTS: Readonly<Record<string, string>> = {
  unchanged: "unchanged: everything is there already",
  staged: "staged: everything is there by digest, and no tag was moved",
  planned: "planned: nothing was changed",
};

/** What is being done, and what became of it. */
export function titleLines(
  { image, result, variants, mirrors, milliseconds }: ReleaseResult,
  done: string,
): readonly string[] {
  const count = `${mirrors.length} ${mirrors.length === 1 ? "mirror" : "mirrors"}`;
  const indexes = variants.map(({ format, inline, root }, at) => {
    const form = variants.length === 1 ? "" : `  ${pc.dim(`${format}, inline ${inline}`)}`;
    return `  ${pc.dim(at === 0 ? "index   " : "        ")} ${pc.bold(root.digest)}${form}`;
  });
  const what =
    mirrors.length === 0
      ? "no mirror falls to this shard"
      : result === "released"
        ? done
        : (VERDICTS[result] ?? result);
  const left = mirrors.filter((one) => one.result === "failed").length;
  const but = left === 0 || result === "failed" ? "" : pc.yellow(`; ${left} of best effort failed`);
  return [
    `${pc.bold(`${image.name} ${image.version}`)}  ${verdict(what, result === "failed")}${but}`,
    ...indexes,
    `  ${pc.dim("to")}       ${count}, ${(milliseconds / 1000).toFixed(1)} s`,
  ];
}

function verdict(text: string, failed: boolean): string {
  return failed ? pc.red(text) : pc.green(text);
}

/** What will be done at each mirror, tag by tag. */
export function planLines(states: readonly MirrorState[], repair = false): readonly string[] {
  return states.flatMap(({ mirror, variant, profile, objections, present, tags }) => {
    const { registry, repository, required } = mirror;
    const has = repair ? "has the image, and is given what it lost" : "has the image";
    const what = present ? has : `gets ${formatDigest(variant.root.digest, false)}`;
    const kind = profile === "default" ? "" : `${profile}, `;
    const about = pc.dim(`${kind}${required ? "required" : "best effort"}`);
    const named = (action: "create" | "keep") =>
      tags.filter((one) => one.action === action).map(({ tag }) => tag);
    const line = (title: string, names: readonly string[]) =>
      names.length === 0 ? [] : [`  ${title}  ${names.join(", ")}`];
    const moves = tags.flatMap(({ tag, action, before }) =>
      action === "move" && before !== undefined ? [{ tag, from: before.digest }] : [],
    );
    return [
      `${pc.bold(mirror.name)}  ${registry}/${repository}  ${about}  ${what}`,
      ...objectionLines(profile, mirror, objections),
      ...line("new  ", named("create")),
      ...line("right", named("keep")),
      ...grouped(moves, ({ from }) => from).map(
        ([from, group]) =>
          `  ${pc.yellow("moves")}  ${group.map(({ tag }) => tag).join(", ")}  from ${formatDigest(from, false)}`,
      ),
    ];
  });
}

/** What is known to be refused there, and what is done about it. */
function objectionLines(
  profile: string,
  { attachments }: MirrorState["mirror"],
  objections: MirrorState["objections"],
): readonly string[] {
  const line = (what: string, list: readonly Objection[]) =>
    list.map((one) => `  ${pc.yellow(what)}  ${profile} is known to refuse ${wordsFor(one)}`);
  const out = attachments === "required" ? "attachments may be refused" : "attachments left out";
  return [
    ...line("may be refused", objections?.image ?? []),
    ...line(out, objections?.attachments ?? []),
  ];
}

/** The plan of a release that is about to begin: where there is nothing to do, a number says enough. */
export function planBefore(states: readonly MirrorState[]): readonly string[] {
  const right = states.filter(
    ({ present, tags }) => present && tags.every(({ action }) => action === "keep"),
  );
  const lines = planLines(states.filter((state) => !right.includes(state)));
  if (right.length === 0 || lines.length === 0) return lines;
  const names = right.map(({ mirror }) => mirror.name);
  return [...lines, `right already: ${someOf(names, 8)}`];
}

/** `3.10.2, 3.10 created; latest kept` */
export function tagSummary(tags: readonly Pick<TagOutcome, "tag" | "result">[]): string {
  return grouped(tags, ({ result }) => result)
    .map(([result, list]) => `${someOf(list.map(({ tag }) => tag))} ${result}`)
    .join("; ");
}

/** `10 created, 2 kept` */
export function tagCounts(tags: readonly Pick<TagOutcome, "result">[]): string {
  return grouped(tags, ({ result }) => result)
    .map(([result, list]) => `${list.length} ${result}`)
    .join(", ");
}

/** What went wrong at mirrors. */
export function failureLines(outcomes: readonly MirrorOutcome[]): readonly string[] {
  return outcomes.flatMap(({ mirror, failures }) =>
    failures.flatMap((failure) => failureText(mirror.name, failure)),
  );
}

/** One failure with its remedy. */
export function failureText(
  mirror: string,
  failure: MirrorFailure,
  doing = PHASES[failure.phase],
): readonly string[] {
  const { message, hint, attachmentsOnly } = failure;
  const what = attachmentsOnly ? "attachments" : doing;
  const [first = "", ...rest] = message.split("\n").map(printable);
  return [
    `  ${pc.red("✗")} ${pc.bold(mirror)}: ${what}: ${first}`,
    ...rest.map((line) => `    ${line}`),
    ...(hint === undefined ? [] : [`    ${printable(pasteable(hint))}`]),
  ];
}

/** What became of a release that was taken back. */
export function rollbackLines(result: RollbackResult): readonly string[] {
  const lines = result.mirrors.flatMap(({ mirror, tags, failures }) => [
    ...(tags.length === 0 ? [] : [`  ${pc.bold(mirror)}  ${restoredSummary(tags)}`]),
    ...tags.flatMap(({ tag, result: what, after }) =>
      what === "raced" ? [`    ${tag} names ${after ?? "nothing"}`] : [],
    ),
    ...failures.flatMap((failure) => failureText(mirror, failure)),
  ]);
  const failed = result.result === "failed";
  const what = failed ? "not rolled back everywhere" : "rolled back";
  return [
    `${pc.bold(`${result.image} ${result.version}`)}  ${verdict(what, failed)}`,
    "",
    ...(lines.length > 0 ? lines : ["  No tag had been moved, so there was nothing to put back"]),
  ];
}

function restoredSummary(tags: readonly TagOutcome[]): string {
  return grouped(tags, ({ result, after }) => {
    if (result === "not moved") return "as before";
    return result === "restored" && after === undefined ? "taken away" : result;
  })
    .map(([result, list]) => `${someOf(list.map(({ tag }) => tag))} ${result}`)
    .join("; ");
}

/** How much was sent, for a line. */
export function sentText(bytes: number): string {
  return bytes === 0 ? "" : `, ${formatBytes(bytes)} bytes`;
}

/** The first names, and how many more. */
function someOf(names: readonly string[], most = 4): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): readonly [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups];
}
