import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Minutes of pods: npm run test:e2e.
    exclude: ["test/**/*.e2e.test.ts"],
    globalSetup: ["test/global-setup.ts"],
    // Processes, because some tests set the umask, which belongs to a process.
    pool: "forks",
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
