// @ts-check
/**
 * `npm run bench [-- build|reaper|push|serve|release|airgap] [--rounds N] [--quick]`: measures hiatus beside its peers and writes
 * the figures to docs/benchmarks.md. It installs what it needs, leaves out a peer that cannot be had and says why.
 * `--quick` is for seeing that a part works: one round of little, and for all but build and reaper nothing is written.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { argv, path } from "zx";
import { ensureDebianPackages } from "./debian-packages.mjs";
import { ensurePeer } from "./peers.mjs";
import { ensureRuntime } from "./runtimes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
// "--quick push" is no value of it.
const quick = argv.quick !== undefined && argv.quick !== "false";
const parts = [...(typeof argv.quick === "string" ? [argv.quick] : []), ...argv._].map(String);
const rounds = quick ? 1 : Number(argv.rounds ?? 15);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error("bench: --rounds takes a whole number from 1");
  process.exit(2);
}

// The oldest Node that we run on does not strip types.
const outdir = path.join(root, ".cache", "bench");
await build({
  absWorkingDir: root,
  // What runs in processes of its own is bundled by itself.
  entryPoints: { main: "test/bench/main.ts", mirrors: "test/bench/release/mirrors.ts" },
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node20",
  format: "esm",
  outdir,
  outExtension: { ".js": ".mjs" },
  logLevel: "warning",
});
const { bench } = await import(pathToFileURL(path.join(outdir, "main.mjs")).href);
try {
  await bench({
    root,
    rounds,
    quick,
    parts,
    ensurePackages: ensureDebianPackages,
    ensureRuntime,
    ensurePeer,
  });
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
