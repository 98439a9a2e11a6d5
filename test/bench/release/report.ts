/**
 * What the release bench prints and writes.
 *
 * @module
 */
import type { Context } from "../context.ts";
import type { Timing } from "../interleave.ts";
import { table } from "../markdown.ts";
import type { Image } from "../net/image.ts";
import { writePage } from "../net/page.ts";
import { type Bar, type Panel, plot } from "../plot.ts";
import { casesTables, roundsOf, timeAims } from "../push/report.ts";
import { median, seconds, whole } from "../stats.ts";
import { DISTANCES, type FarFindings, ROW } from "./far.ts";
import type { ReleaseFindings } from "./release.ts";

/** Prints the tables and writes them with the plot. */
export async function reportRelease(context: Context, findings: ReleaseFindings): Promise<void> {
  const { cases, image, asked, peaks, far } = findings;
  const measured = far.measured === undefined ? cases : [...cases, far.measured];
  const rounds = measured.map(({ title, rows }) => `${title.toLowerCase()}: ${roundsOf(rows)}`);
  const facts = [
    `Measured on: ${findings.machine}.`,
    `With: ${findings.versions}. An image of ${image.platforms} platforms.`,
    `Medians of interleaved rounds (${rounds.join("; ")}); in brackets the quartiles.`,
    ...(far.missing === undefined ? [] : [`Distances were left out: ${far.missing}.`]),
  ];
  const least = leastOf(image);
  await writePage(
    context,
    {
      "release-facts": facts.join("\n"),
      "release-times": casesTables(cases),
      "release-bounds": [
        table(
          ["a release to", "memory at most, MB", "open sockets at most"],
          peaks.map(({ mirrors, memory, sockets }) => [
            mirrors === 1 ? "one mirror" : `${mirrors} mirrors`,
            whole(memory / 1024),
            whole(sockets),
          ]),
        ),
        table(
          [
            "of one mirror",
            "requests",
            "least",
            "one after another",
            "least",
            "writes",
            "connections",
          ],
          asked.map(({ state, requests, chain, writes, connections }) =>
            [
              state,
              requests,
              least[state].requests,
              chain,
              least[state].chain,
              writes,
              connections,
            ].map(String),
          ),
        ),
      ].join("\n\n"),
      "release-far": farTables(far),
      "release-aims": table(
        ["time", "hiatus release", "best of the others", "ratio", "found"],
        timeAims(cases),
      ),
    },
    { file: "benchmarks-release.svg", svg: picture(findings) },
  );
}

/**
 * What the contract cannot do without: a look at the tag, all content there and all content back, then for the tag a look, the
 * move, a look, and the last look when all have moved. One after another: tag; blobs, manifests, index; everything back at
 * once, for every digest is known; four for the tag. Where the tag names it already, the look is all.
 */
export function leastOf({ platforms }: Pick<Image, "platforms">) {
  const contents = 3 * platforms + 1;
  return {
    cold: { requests: 1 + contents + contents + 4, chain: 1 + 3 + 1 + 4 },
    converged: { requests: 1, chain: 1 },
  };
}

const wall = (runs: readonly Timing[] = []) => runs.map((run) => run.wall);
const STATES = ["cold", "converged"] as const;

function farTables({ measured, missing }: FarFindings): string {
  if (measured === undefined) return `Not measured: ${missing}.`;
  const time = (name: string, state: (typeof STATES)[number]) =>
    median(wall(measured.rows.find((row) => row.name === name)?.[state]));
  const [near, , far] = DISTANCES;
  const sums = STATES.map((state) =>
    DISTANCES.reduce((sum, distance) => sum + time(ROW.at(distance), state), 0),
  );
  const slopes = STATES.map(
    (state) => (time(ROW.at(far), state) - time(ROW.at(near), state)) / (far - near),
  );
  return [
    table(
      ["release to", ...STATES.map((state) => `${state}, s`)],
      [
        ...measured.rows.map(({ name }) => [
          name,
          ...STATES.map((state) => seconds(time(name, state))),
        ]),
        ["_their sum, one distance after the other_", ...sums.map(seconds)],
      ],
    ),
    `Between ${near} and ${far} ms the time grows by ${slopes.map((slope, at) => `${Number.isNaN(slope) ? "–" : slope.toFixed(1)} round trips ${STATES[at]}`).join(", ")}: that many it waits for, connections and TLS included.`,
  ].join("\n\n");
}

function picture({ cases, far }: ReleaseFindings): string {
  const all = far.measured === undefined ? cases : [...cases, far.measured];
  const panels = all.flatMap(({ title, rows }): Panel[] =>
    STATES.map((state) => ({
      title: `${title}, ${state}, median seconds`,
      scale: "log",
      bars: rows.map(({ name, ours, [state]: runs }): Bar => {
        const value = median(wall(runs));
        return { name, value, label: `${seconds(value)} s`, ours };
      }),
    })),
  );
  return plot("Releasing an image to mirrors: hiatus and shell loops of other tools", panels);
}
