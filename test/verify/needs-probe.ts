/** Tests that run programs: skipped with the reason where the probe is not there or refused, failed for it in CI. */
import { describe, test } from "vitest";
import { loadProbe, type Probe } from "../../src/verify/probe.ts";

/** `describe` for tests that start programs as PID 1. */
export async function describeWithProbe(
  name: string,
  tests: (probe: Probe) => void,
): Promise<void> {
  const load = loadProbe();
  const why = load.loaded
    ? (await load.probe.supported()).find(({ ability }) => ability === "start")?.reason
    : load.reason;
  if (load.loaded && why === undefined) {
    describe(name, () => tests(load.probe));
    return;
  }
  const inCI = !["", "0", "false"].includes(process.env.CI ?? "");
  const rootOnLinux = process.platform === "linux" && process.getuid?.() === 0;
  describe(name, () => {
    if (inCI && rootOnLinux) {
      test("is tried", () => {
        throw new Error(`It is not tried, and in CI root must try it: ${why}`);
      });
    } else {
      test.skip(`not tried: ${why}`, () => undefined);
    }
  });
}
