// @ts-check
/**
 * `npm run test:interop [-- vitest arguments]`: our registry and our client among those of others, each started by its
 * test on loopback. Installs Debian's and builds those in Go; one that cannot be had is not tried, and the page says so.
 * Without arguments the tables of docs/interop.md are written.
 */
import { $, path } from "zx";
import { ensureDebianPackages, INTEROP_PACKAGES } from "./debian-packages.mjs";

const root = path.join(import.meta.dirname, "..");
const args = process.argv.slice(2);
await ensureDebianPackages(INTEROP_PACKAGES);

const vitest = path.join(root, "node_modules", ".bin", "vitest");
const config = path.join("test", "interop", "vitest.config.ts");
const page = args.length > 0 ? {} : { HIATUS_INTEROP_PAGE: path.join(root, "docs", "interop.md") };
const { exitCode } = await $({
  cwd: root,
  stdio: "inherit",
  nothrow: true,
  env: { ...process.env, ...page },
})`${vitest} run --root ${root} --config ${config} ${args}`;
process.exitCode = exitCode ?? 1;
