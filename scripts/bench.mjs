// @ts-check
/**
 * `npm run bench [-- build|reaper] [--rounds N]`: measures hiatus beside its peers and writes the figures
 * to docs/benchmarks.md. It installs what it needs, leaves out a peer that cannot be had and says why.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { argv, path } from "zx";
import { ensureDebianPackages } from "./debian-packages.mjs";
import { ensureRuntime } from "./runtimes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const rounds = Number(argv.rounds ?? 15);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error("bench: --rounds takes a whole number from 1");
  process.exit(2);
}

// The oldest Node that we run on does not strip types.
const outfile = path.join(root, ".cache", "bench", "main.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["test/bench/main.ts"],
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node20",
  format: "esm",
  outfile,
  logLevel: "warning",
});
const { bench } = await import(pathToFileURL(outfile).href);
try {
  await bench({
    root,
    rounds,
    parts: argv._.map(String),
    ensurePackages: ensureDebianPackages,
    ensureRuntime,
  });
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
