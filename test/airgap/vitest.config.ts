import { defineConfig } from "vitest/config";
import { interopFacts } from "../interop/facts.ts";
import { PEERS } from "../interop/peers.ts";
import { createReporter } from "../interop/report.ts";
import { airgapPrograms } from "./programs.ts";

/** Nodes that Debian does not have, and by what they are asked. */
function builtNodes(): string {
  const names = ["containerd", "crio", "cri-dockerd", "crictl"] as const;
  const built = names.map((name) => `${name} ${PEERS[name].version.slice(1)}`);
  return `Nodes built from source: ${built.join(", ")}.`;
}

/** `npm run test:airgap`, in whichever room a test lives: daemons wait for each other here, so two files run at a time. */
// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from there
export default defineConfig({
  test: {
    include: ["test/**/*.airgap.test.ts"],
    globalSetup: ["test/airgap/setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    // As in vitest.config.ts.
    retry: process.env.CI === undefined ? 0 : 1,
    reporters: [
      "default",
      createReporter({
        file: process.env.HIATUS_INTEROP_PAGE,
        tables: ["airgap", "seeds"],
        section: "airgap-facts",
        facts: async () => `${await interopFacts(airgapPrograms().zot)}\n${builtNodes()}`,
      }),
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
