import { defineConfig } from "vitest/config";

/** `npm run test:release`: programs wait for each other here, so two files run at a time. */
// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from there
export default defineConfig({
  test: {
    include: ["test/release/real/**/*.test.ts"],
    globalSetup: ["test/global-setup.ts", "test/interop/setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
