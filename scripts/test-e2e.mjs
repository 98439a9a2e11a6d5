// @ts-check
/**
 * `npm run test:e2e [-- vitest arguments]`: pods in real runtimes, each started by its test with its own root, state and socket.
 * Installs the runtimes where it may. HIATUS_E2E_PODS says how many pods are made in a row, 200 if nothing else is said.
 */
import { $, path } from "zx";
import { ensureDebianPackages, RUNTIME_PACKAGES } from "./debian-packages.mjs";

const root = path.join(import.meta.dirname, "..");
await ensureDebianPackages(RUNTIME_PACKAGES);

const vitest = path.join(root, "node_modules", ".bin", "vitest");
const config = path.join("test", "e2e", "vitest.config.ts");
const { exitCode } = await $({
  cwd: root,
  stdio: "inherit",
  nothrow: true,
})`${vitest} run --root ${root} --config ${config} ${process.argv.slice(2)}`;
process.exitCode = exitCode ?? 1;
