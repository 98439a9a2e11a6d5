import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Minutes of pods, registries of others, the specification, hosts without a network: npm run test:e2e, test:interop,
    // test:conformance, test:airgap.
    exclude: [
      "test/**/*.airgap.test.ts",
      "test/**/*.e2e.test.ts",
      "test/**/*.interop.test.ts",
      "test/**/*.conformance.test.ts",
    ],
    globalSetup: ["test/global-setup.ts"],
    // Processes, because some tests set the umask, which belongs to a process.
    pool: "forks",
    // In CI a machine that hiccups is told apart from a program that fails; what was retried is reported.
    retry: process.env.CI === undefined ? 0 : 1,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
