// @ts-check
/**
 * `npm test [-- vitest arguments]`: every test but the long ones (`test:e2e`, `test:kernels`). Installs the container tools and compilers that tests run
 * against where it may; elsewhere those tests are skipped and say why.
 */
import { $, fs, path } from "zx";
import { ensureDebianPackages, TEST_PACKAGES } from "./debian-packages.mjs";

const root = path.join(import.meta.dirname, "..");
const report = path.join(root, ".cache", "vitest.json");
await ensureDebianPackages(TEST_PACKAGES);
await fs.remove(report);

const { exitCode } = await $({
  cwd: root,
  stdio: "inherit",
  nothrow: true,
})`${path.join(root, "node_modules", ".bin", "vitest")} run --reporter=default --reporter=json --outputFile.json=${report} ${process.argv.slice(2)}`;

// One plain line for whoever reads logs by program.
if (fs.existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests } = await fs.readJson(report);
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
}
process.exitCode = exitCode ?? 1;
