/**
 * What the build bench prints and writes: tables, aims and a plot.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../context.ts";
import type { Timing, Timings } from "../interleave.ts";
import { replaceSection, table } from "../markdown.ts";
import { type Bar, plot } from "../plot.ts";
import { median, ratio, seconds, spread, whole } from "../stats.ts";
import { PEER_PLATFORMS, ROW } from "./contenders.ts";
import type { ArchiveBytes, ImageBytes } from "./sizes.ts";

/** The bytes of one side. */
export interface SideBytes {
  readonly index: number;
  readonly images: readonly ImageBytes[];
  readonly archive: ArchiveBytes;
}

/** Everything that was measured. */
export interface BuildFindings {
  readonly machine: string;
  readonly versions: string;
  readonly rounds: number;
  /** Names of the runtimes, the one of the bench first. */
  readonly runtimes: readonly string[];
  readonly timings: Timings;
  readonly ours: SideBytes;
  readonly peer: SideBytes | undefined;
}

/** Prints the tables and writes them with the plot. */
export async function reportBuild(context: Context, findings: BuildFindings): Promise<void> {
  const facts = [
    `Measured on: ${findings.machine}.`,
    `With: ${[...findings.runtimes, findings.versions].join(", ")}.`,
    `Medians of ${findings.rounds} interleaved rounds after one uncounted; in brackets the quartiles.`,
  ].join("\n");
  const parts = {
    "build-facts": facts,
    "build-time": timeTable(findings),
    "build-bytes": bytesTables(findings),
    "build-aims": aimsTable(findings),
  };
  const document = join(context.root, "docs/benchmarks.md");
  for (const [name, body] of Object.entries(parts)) {
    context.say(`\n${body}\n`);
    await replaceSection(document, name, body);
  }
  await writeFile(join(context.root, "docs/benchmarks-build.svg"), picture(findings));
}

const wall = (runs: readonly Timing[] = []) => runs.map((run) => run.wall);
const cpu = (runs: readonly Timing[] = []) => runs.map((run) => run.cpu);

function timeTable({ timings, peer }: BuildFindings): string {
  const rows = [...timings].map(([name, runs]) => {
    // Cold against cold, warm against warm; a runtime that does nothing against nobody.
    const rival = /, warm|, again/.test(name) ? ROW.peerWarm : ROW.peerCold;
    const base =
      /nothing$/.test(name) && name !== ROW.peerCold
        ? Number.NaN
        : median(wall(timings.get(rival)));
    return [
      name,
      `${seconds(median(wall(runs)))} (${spread(wall(runs), seconds)})`,
      seconds(Math.min(...wall(runs))),
      seconds(median(cpu(runs))),
      ...(peer === undefined ? [] : [ratio(base, median(wall(runs)))]),
    ];
  });
  const versus = peer === undefined ? [] : ["upstream way takes"];
  return table(["build", "exec to exit, s", "fastest, s", "processor time, s", ...versus], rows);
}

function bytesTables({ ours, peer }: BuildFindings): string {
  const rows = ours.images.map((image) => {
    const sum = image.layer + image.config;
    const other = peer?.images.find(({ platform }) => matches(platform, image.platform));
    return [
      image.platform,
      ...[image.binary, image.layer, image.config, image.manifest, sum].map(whole),
      other === undefined ? "–" : whole(other.layer + other.config),
      other === undefined ? "–" : ratio(other.layer + other.config, sum),
    ];
  });
  const head = ["platform", "binary", "layer", "config", "manifest", "layer + config"];
  const archives = [
    [`hiatus, ${ours.images.length} platforms`, ...archiveCells(ours)],
    ...(peer === undefined
      ? []
      : [[`upstream way, ${peer.images.length} platforms`, ...archiveCells(peer)]]),
  ];
  return [
    table([...head, "the same, upstream way", "ratio"], rows),
    table(["one archive of all", "index", "tar", "gzip -9"], archives),
  ].join("\n\n");
}

function archiveCells({ index, archive }: SideBytes): string[] {
  return [index, archive.tar, archive.gzip].map(whole);
}

/** buildah leaves out the variant of arm64. */
function matches(theirs: string, ours: string): boolean {
  return theirs === ours || `${theirs}/v8` === ours;
}

function aimsTable({ timings, runtimes, ours }: BuildFindings): string {
  const runtime = runtimes[0] ?? "";
  const time = (name: string) => median(wall(timings.get(name)));
  const small = ours.images.filter(({ layer, config }) => layer + config < 700).length;
  const row = (aim: string, found: string, met: boolean) => [aim, found, met ? "yes" : "no"];
  const below = (aim: string, name: string, limit: number) =>
    row(aim, `${seconds(time(name))} s`, time(name) < limit);
  return table(
    ["aim", "found", "met"],
    [
      below("cold build under 0.6 s", ROW.cold(runtime), 600),
      below("warm build under 0.3 s", ROW.warm(runtime), 300),
      row(
        "layer and config under 700 bytes on most platforms",
        `${small} of ${ours.images.length}`,
        small * 2 > ours.images.length,
      ),
      row("archive under 48 kB", `${whole(ours.archive.tar)} bytes`, ours.archive.tar < 48_000),
      row("gzipped under 8 kB", `${whole(ours.archive.gzip)} bytes`, ours.archive.gzip < 8_000),
    ],
  );
}

function picture({ timings, runtimes, ours, peer }: BuildFindings): string {
  const [runtime = ""] = runtimes;
  const shown = [
    ...runtimes.flatMap((name) => [ROW.cold(name), ROW.warm(name)]),
    ROW.five,
    ROW.peerCold,
    ROW.peerWarm,
  ];
  const times = shown.flatMap((name): Bar[] => {
    const runs = timings.get(name);
    if (runs === undefined) return [];
    const value = median(wall(runs));
    return [{ name, value, label: `${seconds(value)} s`, ours: name.startsWith("hiatus") }];
  });
  const bytes = [...ours.images.map((image) => ({ image, ours: true }))].concat(
    sortedByName(peer?.images ?? []).map((image) => ({ image, ours: false })),
  );
  const weights = bytes.map(({ image, ours: own }): Bar => {
    const value = image.layer + image.config;
    const name = `${own ? "hiatus" : "upstream way"}, ${image.platform}`;
    return { name, value, label: whole(value), ours: own };
  });
  const description = `Build time and image bytes: hiatus in ${runtime} against the upstream way for ${PEER_PLATFORMS.length} platforms`;
  return plot(description, [
    { title: "Whole build, exec to exit, median seconds", bars: times },
    { title: "Layer and config of one platform, bytes", scale: "log", bars: weights },
  ]);
}

/** buildah's index has the order in which its jobs ended. */
function sortedByName(images: readonly ImageBytes[]): readonly ImageBytes[] {
  return [...images].sort((a, b) => (a.platform < b.platform ? -1 : 1));
}
