// @ts-check
/**
 * `npm test [-- vitest arguments]`: every test but the long ones (`test:e2e`, `test:kernels`). Installs the
 * container tools and compilers that tests run against where it may, and builds the probe where there is Rust;
 * tests that lack something are skipped and say why, but with CI=true they fail.
 */
import { $, fs, path, which } from "zx";
import { ensureDebianPackages, TEST_PACKAGES } from "./debian-packages.mjs";

const root = path.join(import.meta.dirname, "..");
const report = path.join(root, ".cache", "vitest.json");
const args = process.argv.slice(2);
const run = $({ cwd: root, stdio: "inherit", nothrow: true });

await ensureDebianPackages(TEST_PACKAGES);
await fs.remove(report);

/** The probe's own tests are in Rust; with arguments for vitest only the probe is built. */
async function testProbe() {
  if ((await which("cargo", { nothrow: true })) === null) {
    console.error("hiatus: no cargo on the PATH, so the probe is not built and not tried");
    return 0;
  }
  const built = await run`${process.execPath} scripts/build-native.mjs`;
  if (built.exitCode !== 0 || args.length > 0) return built.exitCode ?? 1;
  const env = { ...process.env, ...(process.env.CI ? { HIATUS_PROBE_MUST: "1" } : {}) };
  const cwd = path.join(root, "native", "probe");
  const tested = await run({ cwd, env })`cargo test --quiet --workspace`;
  return tested.exitCode ?? 1;
}

const probe = await testProbe();
const vitest = path.join(root, "node_modules", ".bin", "vitest");
const { exitCode } =
  await run`${vitest} run --reporter=default --reporter=json --outputFile.json=${report} ${args}`;

// One plain line for whoever reads logs by program.
if (fs.existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests } = await fs.readJson(report);
  if (probe !== 0) console.error("hiatus: the probe's tests failed, see above");
  const failed = numFailedTests + (probe === 0 ? 0 : 1);
  console.log(`${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped`);
}
process.exitCode = probe !== 0 || exitCode !== 0 ? 1 : 0;
