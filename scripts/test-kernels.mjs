// @ts-check
/**
 * `npm run test:kernels [-- machine ...] [--refresh] [--limit seconds]`: boots Debian's kernels of many CPUs with the image's
 * program as PID 1 and writes what came of it to docs/verification.md. `--refresh` looks for newer kernels. Exit code 3 when a
 * check failed, 1 when a kernel did not boot.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { argv, path } from "zx";
import { ensureDebianPackages, KERNEL_PACKAGES } from "./debian-packages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = path.join(root, ".cache", "kernels");
const limit = Number(argv.limit ?? 300);
if (!(limit > 0)) {
  console.error("test-kernels: --limit takes a number of seconds");
  process.exit(2);
}

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => stopped.abort(new Error(`stopped by ${signal}`)));
}

// The oldest Node that we run on does not strip types.
const outfile = path.join(cache, "main.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["test/kernels/main.ts"],
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node20",
  format: "esm",
  outfile,
  logLevel: "warning",
});
try {
  await ensureDebianPackages(KERNEL_PACKAGES);
  const { testKernels } = await import(pathToFileURL(outfile).href);
  process.exitCode = await testKernels({
    root,
    names: argv._.map(String),
    refresh: Boolean(argv.refresh),
    limit: limit * 1000,
    totalLimit: 20 * 60 * 1000,
    signal: stopped.signal,
  });
} catch (error) {
  console.error(`test-kernels: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
