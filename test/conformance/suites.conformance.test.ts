import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { attempt } from "../runtime/command.ts";
import { readJunit, readResults } from "./results.ts";
import { describeSubject, SUBJECTS, scratchFolder } from "./subject.ts";

const suites = inject("suites");

/**
 * Tests of 1.1 that cannot run beside those that do, whatever the registry: its `RunOnlyIf` and `RunOnlyIfNot`. What is
 * put there for a suite that may not push; the answer to a mount that a registry cannot carry out, when it can; and the
 * opposite of what OCI_AUTOMATIC_CROSSMOUNT says.
 */
const EXCLUDED = [
  /Get tag name from environment/,
  /Populate registry with test tags \(no push\)/,
  /Cross-mounting of nonexistent blob should yield session id/,
  /automatic content discovery disabled should return a 202/,
];

/**
 * What the suite of main leaves out by itself, in every version of the specification: manifests that name blobs and
 * manifests that nobody pushed. A registry may take them; ours refuses them, so that a manifest which is there is whole.
 */
const OPTIONAL = ["Sparse Manifests: Disabled"];

for (const kind of SUBJECTS) {
  describeSubject(kind, "suites of the specification", (registryOf) => {
    it("passes the suite of 1.1 with nothing left out", { timeout: 330_000 }, async ({
      skip,
      task,
    }) => {
      task.meta.cell = { table: "conformance", row: kind.name, column: "suite of 1.1" };
      const suite = suites.conformance;
      if ("missing" in suite) return skip(suite.missing);
      const { output, folder } = await runSuite(suite.program, {
        OCI_ROOT_URL: registryOf().origin.origin,
        OCI_NAMESPACE: "conformance/one",
        OCI_CROSSMOUNT_NAMESPACE: "conformance/two",
        OCI_AUTOMATIC_CROSSMOUNT: "1",
        OCI_TEST_PULL: "1",
        OCI_TEST_PUSH: "1",
        OCI_TEST_CONTENT_DISCOVERY: "1",
        OCI_TEST_CONTENT_MANAGEMENT: "1",
        OCI_HIDE_SKIPPED_WORKFLOWS: "0",
        OCI_DEBUG: "0",
      });
      const counts = readJunit(await readFile(join(folder, "junit.xml"), "utf8"));
      expect(counts.failures, output).toEqual([]);
      const leftOut = counts.skipped.filter((name) => !EXCLUDED.some((one) => one.test(name)));
      expect(leftOut, output).toEqual([]);
      expect(counts.passed).toBeGreaterThan(50);
    });

    it("passes the suite of main with nothing left out", { timeout: 330_000 }, async ({
      skip,
      task,
    }) => {
      task.meta.cell = { table: "conformance", row: kind.name, column: "suite of main" };
      const suite = suites["conformance-main"];
      if ("missing" in suite) return skip(suite.missing);
      const { output, folder } = await runSuite(suite.program, {
        OCI_REGISTRY: registryOf().host,
        OCI_TLS: "disabled",
        OCI_REPO1: "conformance/three",
        OCI_REPO2: "conformance/four",
        OCI_VERSION: "dev",
      });
      const counts = readJunit(await readFile(join(folder, "junit.xml"), "utf8"));
      expect(counts.failures, output).toEqual([]);
      expect(counts.skipped, output).toEqual([]);
      expect(counts.passed).toBeGreaterThan(100);
      const results = readResults(await readFile(join(folder, "results.yaml"), "utf8"));
      expect(results, output).toEqual(OPTIONAL);
    });
  });
}

/** Runs a suite in a folder of its own, where it leaves its reports. Its exit code says nothing about what it left out. */
async function runSuite(program: string, env: Readonly<Record<string, string>>) {
  const folder = await scratchFolder("suite");
  const reports = { OCI_REPORT_DIR: folder, OCI_RESULTS_DIR: folder };
  const { stdout, stderr } = await attempt([program], {
    ...{ cwd: folder, env: { ...env, ...reports }, timeout: 300_000 },
  });
  return { folder, output: `${stdout}${stderr}`.slice(-4_000) };
}
