import { defineConfig } from "vitest/config";
import { conformanceFacts } from "../interop/facts.ts";
import { createReporter } from "../interop/report.ts";

/** `npm run test:conformance`. */
// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from there
export default defineConfig({
  test: {
    include: ["test/conformance/**/*.conformance.test.ts"],
    globalSetup: ["test/conformance/setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    // As in vitest.config.ts.
    retry: process.env.CI === undefined ? 0 : 1,
    reporters: [
      "default",
      createReporter({
        file: process.env.HIATUS_INTEROP_PAGE,
        tables: ["conformance"],
        section: "conformance-facts",
        facts: conformanceFacts,
      }),
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
