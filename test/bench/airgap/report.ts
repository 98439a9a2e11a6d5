/**
 * What the bench of the air gap prints and writes.
 *
 * @module
 */
import type { Context } from "../context.ts";
import type { Timing } from "../interleave.ts";
import { table } from "../markdown.ts";
import { writePage } from "../net/page.ts";
import { bestOf, verdictOf } from "../net/verdict.ts";
import { type Panel, plot } from "../plot.ts";
import type { Case } from "../push/measure.ts";
import { casesTables, roundsOf, timeAims } from "../push/report.ts";
import type { ToolRequests } from "../push/requests.ts";
import { leastOf } from "../release/report.ts";
import { median, ratio, seconds, spread, whole } from "../stats.ts";
import type { Weighed } from "./bundles.ts";
import type { Images } from "./images.ts";
import type { NodeCase } from "./nodes.ts";

/** Everything that was measured. */
export interface AirgapFindings {
  readonly machine: string;
  readonly versions: string;
  readonly images: Images;
  readonly carried: readonly Weighed[];
  readonly requests: readonly ToolRequests[];
  readonly cases: readonly Case[];
  readonly nodes: readonly NodeCase[];
}

/** Registries by which requests are counted. */
export const REGISTRY = { distribution: "distribution 3", hiatus: "hiatus serve" } as const;

/** A bundle is to be so many times smaller than one of upstream's five images. */
const SMALLER = 50;

/** Prints the tables and writes them with the plot. */
export async function reportAirgap(context: Context, findings: AirgapFindings): Promise<void> {
  const { images, carried, requests, cases, nodes } = findings;
  const { ours, upstream } = images;
  const counted = [
    `bundles: ${Math.max(0, ...carried.map(({ times }) => times.length))}`,
    ...cases.map(({ title, rows }) => `${title.toLowerCase()}: ${roundsOf(rows)}`),
    ...nodes.map(({ title, rows }) => `${title}: ${rows[0]?.times.length ?? 0}`),
  ];
  const facts = [
    `Measured on: ${findings.machine}.`,
    `With: ${findings.versions}.`,
    `Ours is an image of ${ours.platforms} platforms, upstream's of ${upstream?.platforms ?? "none, which could not be built here"}.`,
    `Medians of interleaved rounds (${counted.join("; ")}); in brackets the quartiles.`,
    "hauler was not measured: the Go module proxy does not hand it out.",
  ];
  await writePage(
    context,
    {
      "airgap-facts": facts.join("\n"),
      "airgap-bytes": bytesTable(carried),
      "airgap-requests": requestsTable(requests, images),
      "airgap-seeds": casesTables(cases),
      "airgap-nodes": nodes.map(nodeTable).join("\n\n"),
      "airgap-aims": aimsTable(findings),
    },
    { file: "benchmarks-airgap.svg", svg: picture(findings) },
  );
}

const wall = (runs: readonly Timing[]) => runs.map((run) => run.wall);
const timed = (runs: readonly Timing[]) =>
  `${seconds(median(wall(runs)))} (${spread(wall(runs), seconds)})`;

function bytesTable(carried: readonly Weighed[]): string {
  const first = carried.find(({ path }) => path.endsWith("/pause.tar"));
  return table(
    ["made by", "platforms", "bytes", "times our .tar", "made in, s", "times ours"],
    carried.map(({ name, platforms, bytes, times }) => [
      ...[name, String(platforms), whole(bytes)],
      first === undefined ? "–" : ratio(bytes, first.bytes),
      timed(times),
      first === undefined ? "–" : ratio(median(wall(times)), median(wall(first.times))),
    ]),
  );
}

/** What a seed cannot do without, which is what a release cannot; a blob is two requests at distribution. */
function least(registry: string, { platforms }: { readonly platforms: number }) {
  const { cold, converged } = leastOf({ platforms });
  const more = registry === REGISTRY.distribution ? 2 * platforms : 0;
  return { cold: cold.requests + more, converged: converged.requests };
}

function requestsTable(requests: readonly ToolRequests[], { ours }: Images): string {
  const rows = Object.values(REGISTRY).flatMap((registry) => {
    const found = requests.filter((tool) => tool.registry === registry);
    if (found.length === 0) return [];
    const { cold, converged } = least(registry, ours);
    return [
      ...found.map((tool) => [
        ...[tool.name, registry, String(tool.cold.requests), String(tool.cold.chain)],
        ...[String(tool.converged.requests), tool.same ? "yes" : "no"],
      ]),
      ["_least possible of ours, read back_", registry, String(cold), "–", String(converged), "–"],
    ];
  });
  return table(
    [
      "program",
      "registry",
      "cold: requests",
      "one after another",
      "converged: requests",
      "same digest",
    ],
    rows,
  );
}

function nodeTable({ title, rows }: NodeCase): string {
  const first = rows.find(({ ours }) => ours);
  const body = rows.map(({ name, times }) => [
    name,
    timed(times),
    first === undefined ? "–" : ratio(median(wall(times)), median(wall(first.times))),
    seconds(median(times.map(({ cpu }) => cpu))),
  ]);
  const head = ["way", "from file to image, s", "times ours", "processor time, s"];
  return `#### ${title}\n\n${table(head, body)}`;
}

function aimsTable(findings: AirgapFindings): string {
  const { carried, requests, cases, nodes, images } = findings;
  const archive = carried.find(({ path }) => path.endsWith("/skopeo-oci.tar"));
  const five = images.upstream?.platforms ?? 0;
  const bytes = carried
    .filter(({ ours, platforms }) => ours && platforms >= five)
    .flatMap((one) => {
      if (archive === undefined) return [];
      const found = archive.bytes / one.bytes >= SMALLER ? "met" : "missed";
      const theirs = `${whole(archive.bytes)} (${archive.name})`;
      return [
        [`${one.name}, bytes`, whole(one.bytes), theirs, ratio(archive.bytes, one.bytes), found],
      ];
    });
  const counts = requests
    .filter((tool) => tool.ours && tool.name.startsWith("hiatus"))
    .flatMap(({ registry, cold, converged }) => {
      const aim = least(registry, images.ours);
      const row = (state: string, mine: number, wanted: number) => [
        `${state} requests, ${registry}`,
        String(mine),
        `${wanted} (least possible)`,
        "–",
        mine <= wanted ? "met" : "missed",
      ];
      return [
        row("cold", cold.requests, aim.cold),
        row("converged", converged.requests, aim.converged),
      ];
    });
  return table(
    ["aim", "hiatus", "best of the others", "ratio", "found"],
    [...bytes, ...counts, ...timeAims(cases), ...nodes.flatMap(nodeAim)],
  );
}

function nodeAim({ title, rows }: NodeCase): readonly (readonly string[])[] {
  const mine = rows.find(({ ours }) => ours);
  const others = rows.filter(({ ours }) => !ours);
  const best = bestOf(others.map(({ name, times }) => ({ name, values: wall(times) })));
  if (mine === undefined || best === undefined) return [];
  const values = wall(mine.times);
  return [
    [
      `loading ${title}, s`,
      `${seconds(median(values))} (${mine.name})`,
      `${seconds(median(best.values))} (${best.name})`,
      ratio(median(best.values), median(values)),
      verdictOf(values, best.values),
    ],
  ];
}

function picture({ carried, cases, nodes }: AirgapFindings): string {
  const bar = (name: string, ours: boolean, value: number, label: string) => ({
    ...{ name, ours, value, label },
  });
  const times = (name: string, ours: boolean, runs: readonly Timing[]) => {
    const value = median(wall(runs));
    return bar(name, ours, value, `${seconds(value)} s`);
  };
  const panels: Panel[] = [
    {
      title: "What is carried, bytes",
      scale: "log",
      bars: carried.map(({ name, ours, bytes }) => bar(name, ours, bytes, whole(bytes))),
    },
    ...cases.map(
      ({ title, rows }): Panel => ({
        title: `Seeding: ${title.toLowerCase()}, cold, median seconds`,
        scale: "log",
        bars: rows.map(({ name, ours, cold }) => times(name, ours, cold)),
      }),
    ),
    ...nodes.map(
      ({ title, rows }): Panel => ({
        title: `Loading ${title}, median seconds`,
        bars: rows.map((row) => times(row.name, row.ours, row.times)),
      }),
    ),
  ];
  return plot("Across an air gap: hiatus and other tools", panels);
}
