// @ts-check
/**
 * `npm run test:release [-- vitest arguments]`: releases over real sockets, all of what `npm test` and `npm run test:interop` try
 * some of: a kill at every write of the journal and at every request, every fault at every request, two hundred races, with our
 * registry and with those of others. Half an hour. Without arguments the tables of docs/verification.md are written.
 */
import { availableParallelism } from "node:os";
import { $, fs, os, path } from "zx";
import { ensureDebianPackages, INTEROP_PACKAGES } from "./debian-packages.mjs";

const root = path.join(import.meta.dirname, "..");
const args = process.argv.slice(2);
await ensureDebianPackages(INTEROP_PACKAGES);

const tallies = path.join(root, ".cache", "release-tallies");
await fs.remove(tallies);
const started = performance.now();
const vitest = path.join(root, "node_modules", ".bin", "vitest");
const config = path.join("test", "release", "real", "vitest.config.ts");
const { exitCode } = await $({
  cwd: root,
  stdio: "inherit",
  nothrow: true,
  env: {
    ...process.env,
    HIATUS_FAULTS: "all",
    HIATUS_KILLS: "all",
    HIATUS_RACES: process.env.HIATUS_RACES ?? "200",
    HIATUS_TALLY: tallies,
  },
})`${vitest} run --root ${root} --config ${config} ${args}`;
process.exitCode = exitCode ?? 1;

/** Rows as they were counted; a column that none of them has counted is 0. @param {Record<string, Record<string, number>>} counts @param {string} title */
function tableOf(counts, title) {
  const columns = [...new Set(Object.values(counts).flatMap((row) => Object.keys(row)))];
  const line = (/** @type {readonly (string | number)[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [
    line([title, ...columns]),
    line(["---", ...columns.map(() => "---:")]),
    ...Object.entries(counts).map(([row, cells]) =>
      line([row, ...columns.map((column) => (cells[column] ?? 0).toLocaleString("en"))]),
    ),
  ].join("\n");
}

if (exitCode === 0 && args.length === 0) {
  const page = path.join(root, "docs", "verification.md");
  const read = (/** @type {string} */ name) => fs.readJson(path.join(tallies, `${name}.json`));
  const facts = [
    new Date().toISOString().slice(0, 10),
    `${availableParallelism()} processors`,
    `Linux ${os.release()}`,
    `Node ${process.versions.node}`,
  ];
  const minutes = Math.ceil((performance.now() - started) / 60_000);
  const body = [
    `Last run: ${facts.join(", ")}, ${minutes} minutes. Everything passed.`,
    tableOf(await read("kills"), "killed with SIGKILL"),
    tableOf(await read("faults"), "fault at every request"),
    tableOf(await read("races"), "two releasers at once"),
    tableOf(await read("registries"), "real registries"),
  ].join("\n\n");
  const [open, close] = ["<!-- release:results -->", "<!-- /release:results -->"];
  const text = await fs.readFile(page, "utf8");
  const [before, rest] = text.split(open);
  const [, after] = (rest ?? "").split(close);
  if (after === undefined) throw new Error(`"${page}" has no section between ${open} and ${close}`);
  await fs.writeFile(`${page}.new`, `${before}${open}\n\n${body}\n\n${close}${after}`);
  await fs.rename(`${page}.new`, page);
}
