// @ts-check
/**
 * `npm run test:conformance [-- vitest arguments]`: our registry, on Node and on Deno, against the distribution
 * specification: our checklist of it, and its two suites, which HIATUS_SUITE_1_1_1 and HIATUS_SUITE_MAIN name as programs, or
 * which the Go module proxy hands out. Without arguments the table of docs/interop.md is written.
 */
import { $, path } from "zx";

const root = path.join(import.meta.dirname, "..");
const args = process.argv.slice(2);

const vitest = path.join(root, "node_modules", ".bin", "vitest");
const config = path.join("test", "conformance", "vitest.config.ts");
const page = args.length > 0 ? {} : { HIATUS_INTEROP_PAGE: path.join(root, "docs", "interop.md") };
const { exitCode } = await $({
  cwd: root,
  stdio: "inherit",
  nothrow: true,
  env: { ...process.env, ...page },
})`${vitest} run --root ${root} --config ${config} ${args}`;
process.exitCode = exitCode ?? 1;
