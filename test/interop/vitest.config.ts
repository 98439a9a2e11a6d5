import { defineConfig } from "vitest/config";
import { table } from "../bench/markdown.ts";
import { interopFacts } from "./facts.ts";
import { quirkRows } from "./quirks.ts";
import { createReporter } from "./report.ts";

/** `npm run test:interop`: programs wait for each other here, so two files run at a time. */
// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from there
export default defineConfig({
  test: {
    include: ["test/{interop,deploy,release}/**/*.interop.test.ts"],
    globalSetup: ["test/interop/setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    // As in vitest.config.ts.
    retry: process.env.CI === undefined ? 0 : 1,
    reporters: [
      "default",
      createReporter({
        file: process.env.HIATUS_INTEROP_PAGE,
        tables: ["clients", "registries"],
        section: "facts",
        facts: () => interopFacts(),
        fixed: { quirks: table(["program", "versions", "what", "source"], quirkRows()) },
      }),
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
