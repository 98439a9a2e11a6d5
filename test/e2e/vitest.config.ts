import { defineConfig } from "vitest/config";

/** `npm run test:e2e`: one runtime after the other, because they measure and count. */
// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from there
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.e2e.test.ts"],
    pool: "forks",
    fileParallelism: false,
    // As in vitest.config.ts.
    retry: process.env.CI === undefined ? 0 : 1,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
