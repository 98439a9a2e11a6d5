/**
 * What the push bench prints and writes: requests, times, a comparison with the best of the others, and a plot.
 *
 * @module
 */
import type { Context } from "../context.ts";
import type { Timing } from "../interleave.ts";
import { table } from "../markdown.ts";
import type { Image } from "../net/image.ts";
import { writePage } from "../net/page.ts";
import { bestOf, verdictOf } from "../net/verdict.ts";
import { type Bar, type Panel, plot } from "../plot.ts";
import { median, ratio, seconds, spread } from "../stats.ts";
import type { Case, Row } from "./measure.ts";
import type { Asked, ToolRequests } from "./requests.ts";

/** Everything that was measured. */
export interface PushFindings {
  readonly machine: string;
  readonly versions: string;
  readonly image: Image;
  readonly requests: readonly ToolRequests[];
  readonly cases: readonly Case[];
  /** Why there are no distances; undefined when there are. */
  readonly missing: string | undefined;
}

/** Prints the tables and writes them with the plot. */
export async function reportPush(context: Context, findings: PushFindings): Promise<void> {
  const { cases, requests, image, missing } = findings;
  const rounds = cases.map(({ title, rows }) => `${title.toLowerCase()}: ${roundsOf(rows)}`);
  const facts = [
    `Measured on: ${findings.machine}.`,
    `With: ${findings.versions}. An image of ${image.platforms} platforms.`,
    `Medians of interleaved rounds (${rounds.join("; ")}); in brackets the quartiles.`,
    ...(missing === undefined ? [] : [`Distances were left out: ${missing}.`]),
  ];
  await writePage(
    context,
    {
      "push-facts": facts.join("\n"),
      "push-requests": requestsTable(requests, image),
      "push-times": casesTables(cases),
      "push-aims": aimsTable(findings),
    },
    { file: "benchmarks-push.svg", svg: picture(cases) },
  );
}

const wall = (runs: readonly Timing[]) => runs.map((run) => run.wall);
const STATES = ["cold", "converged"] as const;

/** How many rounds were counted. */
export function roundsOf(rows: readonly Row[]): number {
  return Math.max(0, ...rows.map(({ cold }) => cold.length));
}

/** Registries by which requests are counted. */
export const REGISTRY = { distribution: "distribution 3", hiatus: "hiatus serve" } as const;

/**
 * HEAD of the tag; each blob in one request, or in two where the registry does not take that; a PUT of each manifest and of
 * the index. Blobs go side by side, and so do manifests. When all is there, the HEAD is enough.
 */
function least(registry: string, { platforms }: Image) {
  const each = registry === REGISTRY.hiatus ? 1 : 2;
  return {
    cold: { requests: 1 + 2 * platforms * each + platforms + 1, chain: 3 + each },
    converged: { requests: 1, chain: 1 },
  };
}

function requestsTable(requests: readonly ToolRequests[], image: Image): string {
  const cells = ({ requests: all, chain, connections, refused }: Asked) =>
    [all, chain, refused === 0 ? connections : `${connections} + ${refused} refused`].map(String);
  const rows = Object.values(REGISTRY).flatMap((registry) => {
    const found = requests.filter((tool) => tool.registry === registry);
    const { cold, converged } = least(registry, image);
    const floor = [
      ...["_least possible_", registry, String(cold.requests), String(cold.chain), "–"],
      ...[String(converged.requests), String(converged.chain), "–", "–"],
    ];
    const tools = found.map((tool) => [
      ...[tool.name, registry, ...cells(tool.cold), ...cells(tool.converged)],
      tool.same ? "yes" : "no",
    ]);
    return found.length === 0 ? [] : [...tools, floor];
  });
  return table(
    [
      ...["program", "registry", "cold: requests", "one after another", "connections"],
      ...["converged: requests", "one after another", "connections", "same digest"],
    ],
    rows,
  );
}

/** Times of cases, a table each. */
export function casesTables(cases: readonly Case[]): string {
  return cases.map(caseTable).join("\n\n");
}

function caseTable({ title, rows }: Case): string {
  const first = rows.find(({ ours }) => ours);
  const body = rows.map((row) => [
    row.name,
    ...STATES.flatMap((state) => {
      const times = wall(row[state]);
      return [
        `${seconds(median(times))} (${spread(times, seconds)})`,
        first === undefined ? "–" : ratio(median(times), median(wall(first[state]))),
      ];
    }),
    seconds(median(row.cold.map(({ cpu }) => cpu))),
  ]);
  const times = STATES.flatMap((state) => [`${state}, s`, "times ours"]);
  return `### ${title}\n\n${table(["program", ...times, "processor time cold, s"], body)}`;
}

function aimsTable({ cases, requests, image }: PushFindings): string {
  const counts = requests
    .filter((tool) => tool.ours)
    .flatMap((tool) =>
      STATES.flatMap((state) => {
        const aim = least(tool.registry, image)[state];
        return (["requests", "chain"] as const).map((what) => [
          `${what === "chain" ? "one after another" : what}, ${tool.registry}, ${state}`,
          String(tool[state][what]),
          `${aim[what]} (least possible)`,
          "–",
          tool[state][what] <= aim[what] ? "met" : "missed",
        ]);
      }),
    );
  const times = timeAims(cases);
  return table(["aim", "hiatus", "best of the others", "ratio", "found"], [...counts, ...times]);
}

/** The first of ours against the best of the others in each case: what, ours, theirs, ratio, verdict. */
export function timeAims(cases: readonly Case[]): readonly (readonly string[])[] {
  return cases.flatMap(({ title, rows }) => {
    const mine = rows.find((row) => row.ours);
    if (mine === undefined) return [];
    return STATES.flatMap((state) => {
      const others = rows.filter((row) => !row.ours);
      const best = bestOf(others.map((row) => ({ name: row.name, values: wall(row[state]) })));
      if (best === undefined) return [];
      const values = wall(mine[state]);
      return [
        [
          `${title}, ${state}, s`,
          seconds(median(values)),
          `${seconds(median(best.values))} (${best.name})`,
          ratio(median(best.values), median(values)),
          verdictOf(values, best.values),
        ],
      ];
    });
  });
}

function picture(cases: readonly Case[]): string {
  const panels = cases.flatMap(({ title, rows }): Panel[] =>
    STATES.map((state) => ({
      title: `${title}, ${state}, median seconds`,
      scale: "log",
      bars: rows.map(({ name, ours, [state]: runs }): Bar => {
        const value = median(wall(runs));
        return { name, value, label: `${seconds(value)} s`, ours };
      }),
    })),
  );
  return plot("Pushing an image to registries: hiatus and other tools", panels);
}
