import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildImage } from "../../src/index.ts";
import { packageRoot } from "../../src/package-root.ts";
import { SCENARIOS } from "../../src/verify/behaviour.ts";
import { scratch } from "../folder.ts";
import { describeWithProbe } from "../verify/needs-probe.ts";
import { hiatus, jsonLines } from "./command.ts";

let built: string;
let cwd: string;
beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  const platforms = ["linux/amd64", "linux/arm64"];
  await buildImage("pause", { cwd: packageRoot(), out: built, platforms });
}, 60_000);
afterAll(() => rmSync(built, { recursive: true, force: true }));
beforeEach(() => {
  cwd = scratch();
  cpSync(join(built, "pause"), join(cwd, "pause"), { recursive: true });
});
const run = (...args: readonly string[]) => hiatus(["verify", ...args], { cwd });
const OCI = "oci:pause/oci";

/** Changes one byte of every blob that begins with a text. */
function damage(text: string): void {
  const folder = join(cwd, "pause", "oci", "blobs", "sha256");
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    if (bytes.indexOf(text) !== 0) continue;
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(join(folder, name), bytes);
  }
}

describe("hiatus verify", () => {
  test("shows a line per platform and the sum", async () => {
    const { code, stdout, stderr } = await run(OCI, "--structure");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^oci:pause\/oci {2}sha256:[0-9a-f]{64}$/m);
    expect(stdout).toMatch(/^ {2}index +2 passed$/m);
    expect(stdout).toMatch(/^ {2}linux\/amd64 +8 passed$/m);
    expect(stdout).toMatch(/^ {2}linux\/arm64\/v8 +8 passed$/m);
    expect(stdout).toContain("\n18 passed, 0 failed, 0 not tried\n");
    expect(stdout).not.toContain("\u001b");
  });

  test("reads an archive", async () => {
    const { code, stdout } = await run("oci-archive:pause/pause-3.10.2.tar", "--structure");
    expect(code).toBe(0);
    expect(stdout).toContain("18 passed");
  });

  test("ends with 3 when a check fails, and says which and what was seen", async () => {
    damage('{"architecture":"arm64"');
    const { code, stdout, stderr } = await run(OCI, "--structure");
    expect(code).toBe(3);
    expect(stdout).toMatch(/^ {2}linux\/arm64\/v8: config\n {4}.*sha256:/m);
    expect(stdout).toMatch(/^\d+ passed, \d+ FAILED, \d+ not tried$/m);
    expect(stderr).toMatch(/^hiatus: "oci:pause\/oci" fails \d+ of 18 checks\n/);
    const quiet = await run(OCI, "--structure", "--quiet");
    expect(quiet.code).toBe(3);
    expect(quiet.stdout).toMatch(/^linux\/arm64\/v8: config\n/);
  });

  test("with --quiet says nothing of what is sound", async () => {
    expect(await run(OCI, "--structure", "-q")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  test("with --all lists every check with what was seen", async () => {
    const { stdout } = await run(OCI, "--structure", "--all");
    expect(stdout).toMatch(/^ {2}linux\/arm64\/v8 +user +passed +65535:65535$/m);
    expect(stdout.match(/ passed /g)).toHaveLength(18);
  });

  test("with --json prints an event for each check, and the sum", async () => {
    const { code, stdout } = await run(OCI, "--structure", "--json");
    expect(code).toBe(0);
    const events = jsonLines(stdout);
    expect(events).toHaveLength(19);
    expect(events[0]).toEqual({
      type: "check",
      subject: "index",
      check: "document",
      status: "passed",
      evidence: expect.stringContaining("2 manifests"),
      part: "structure",
    });
    expect(events.at(-1)).toEqual({
      type: "result",
      reference: OCI,
      digest: expect.stringMatching(/^sha256:/),
      passed: 18,
      failed: 0,
      notTried: 0,
    });
  });

  test("takes the platforms that were asked for", async () => {
    for (const name of ["linux/arm64", "arm64"]) {
      const { code, stdout } = await run(OCI, "--structure", "--platform", name);
      expect({ code, arm64: stdout.includes("linux/arm64") }).toEqual({ code: 0, arm64: true });
      expect(stdout).not.toContain("linux/amd64");
    }
    const unknown = await run(OCI, "--structure", "--platform", "linux/s390x");
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('The image has no "linux/s390x"');
  });

  test("expects the version that the annotations promise", async () => {
    const { stdout } = await run(OCI, "--structure", "--all");
    expect(stdout).toContain("stamped 3.10.2");
  });

  test.each([
    [["dir:x"], 2],
    [["oci:none"], 1],
    [[OCI, "--emulate", "always"], 2],
    [[OCI, "--platform", "x,,y"], 2],
    [[OCI, "--json", "--quiet"], 2],
    [[], 2],
  ] as const)("refuses %j", async (args, code) => {
    expect((await run(...args)).code).toBe(code);
  });

  test("calls what cannot be tried not tried, with one reason", async () => {
    const { code, stdout } = await run(OCI, "--platform", "linux/arm64", "--emulate", "never");
    expect(code).toBe(0);
    if (process.arch === "arm64") return;
    const count = SCENARIOS.length;
    expect(stdout).toMatch(new RegExp(`^ {2}linux/arm64/v8 +8 passed +${count} not tried$`, "m"));
    expect(stdout).toMatch(/^ {2}linux\/arm64\/v8: all of its behaviour\n {4}\S/m);
  });
});

await describeWithProbe("hiatus verify", () => {
  const here = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;

  test("runs this CPU's program", async () => {
    const { code, stdout } = await run(OCI, "--platform", here);
    expect(code).toBe(0);
    const count = SCENARIOS.length;
    expect(stdout).toMatch(
      new RegExp(
        `^ {2}${here}(?:/v8)? +8 passed +${count} passed +by this CPU, ready after \\S+ .s$`,
        "m",
      ),
    );
  }, 60_000);

  test("of build: --verify runs the programs before the output takes its place", async () => {
    const args = ["build", join(packageRoot(), "images/pause"), "--verify", "--platform", here];
    const { code, stdout, stderr } = await hiatus(args, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(` ${2 + 8 + SCENARIOS.length} checks`);
  }, 60_000);
});
