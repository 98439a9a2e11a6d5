import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { type Ended, ended, hiatus } from "../cli/command.ts";
import { startRegistry, type TestRegistry } from "../cli/registry.ts";
import { scratch } from "../folder.ts";

const RUN = join(packageRoot(), ".github", "action", "run.mjs");

/** A job whose step runs the action's program. */
interface Step extends Ended {
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

let cwd: string;
let registry: TestRegistry;
beforeEach(async () => {
  cwd = scratch();
  registry = await startRegistry();
});

const writeMirrors = (path = "mirrors.yaml") =>
  writeFileSync(
    join(cwd, path),
    `version: 1\nmirrors:\n  - { name: one, repository: "${registry.host}/{image}" }\n`,
  );

async function build(): Promise<void> {
  const built = await hiatus(["build", "--platform", "linux/amd64", "--quiet"], { cwd });
  expect(built).toMatchObject({ code: 0 });
}

async function run(inputs: Readonly<Record<string, string>>): Promise<Step> {
  const [outputs, summary] = [join(cwd, "outputs"), join(cwd, "summary")];
  for (const file of [outputs, summary]) writeFileSync(file, "");
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name}`, value]);
  const child = spawn(process.execPath, [RUN], {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      CI: "true",
      GITHUB_OUTPUT: outputs,
      GITHUB_STEP_SUMMARY: summary,
      ...Object.fromEntries(variables),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = await ended(child);
  const lines = readFileSync(outputs, "utf8").split("\n").filter(Boolean);
  return {
    ...end,
    outputs: Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2))),
    summary: readFileSync(summary, "utf8"),
  };
}

describe("the action", () => {
  test("releases, and gives result, digest, report and summary", async () => {
    writeMirrors();
    await build();
    const { code, outputs, summary } = await run({
      IMAGE: "pause",
      FROM: "oci:dist/pause/oci",
      LOCKED: "false",
      YES: "true",
    });
    expect(code).toBe(0);
    const { digest = "" } = outputs;
    expect(outputs).toEqual({
      "exit-code": "0",
      result: "released",
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      report: join("dist", "report"),
      journal: "",
    });
    expect(existsSync(join(cwd, "dist", "report", "index.html"))).toBe(true);
    expect(summary).toBe(
      `${readFileSync(join(cwd, "dist", "report", "summary.md"), "utf8").trim()}\n\n`,
    );
    expect(summary).toContain(digest);

    const again = await run({ FROM: "oci:dist/pause/oci" });
    expect(again.outputs).toMatchObject({ result: "unchanged", digest });
  });

  test("shows a plan and changes nothing", async () => {
    writeMirrors("other.yaml");
    await build();
    const { code, outputs, summary } = await run({
      MIRRORS: "other.yaml",
      FROM: "oci:dist/pause/oci",
      DRY_RUN: "true",
    });
    expect(code).toBe(0);
    expect(outputs).toMatchObject({ result: "planned", report: "" });
    expect(summary).toMatch(/^```text\n[^`]*\n {2}new +3\.10\.2[^`]*\n```\n\n$/);
    expect(stripVTControlCharacters(summary)).toBe(summary);
    const writes = registry.requests.filter(({ method }) => method === "PUT" || method === "PATCH");
    expect(writes).toEqual([]);
  });

  test("gives hiatus's exit code, says what it means, and repeats no report of before", async () => {
    writeMirrors();
    await build();
    await run({ FROM: "oci:dist/pause/oci" });
    const { code, stdout, stderr, outputs } = await run({ FROM: "oci:nowhere" });
    expect(code).not.toBe(0);
    expect(stderr).toContain("nowhere");
    expect(outputs).toEqual({
      "exit-code": String(code),
      result: "failed",
      digest: "",
      report: "",
      journal: "",
    });
    expect(stdout).toContain(`::error title=hiatus::hiatus release ended with exit code ${code}:`);
  });

  test("publishes to no folder that the job throws away", async () => {
    const { code, stdout } = await run({});
    expect(code).toBe(2);
    expect(stdout).toContain("::error title=hiatus::There is no mirrors file");
    expect(existsSync(join(cwd, "dist"))).toBe(false);
  });

  test("refuses a switch that is neither true nor false", async () => {
    writeMirrors();
    const { code, stdout } = await run({ YES: "yes\n::stop-commands::x" });
    expect(code).toBe(2);
    expect(stdout).toBe(
      '::error title=hiatus::The input "yes" is "yes%0A::stop-commands::x", and must be true or false\n',
    );
  });

  test.each([
    ["MIRRORS", "$(touch owned)"],
    ["ONLY", "one; touch owned"],
    ["FROM", "`touch owned`"],
    ["IMAGE", "--state=owned"],
    ["REPORT", "--yes\n--state=owned"],
  ])("passes on %s as one value, whatever is in it", async (name, value) => {
    writeMirrors();
    mkdirSync(join(cwd, "dist"));
    const { code } = await run({ FROM: "oci:nowhere", [name]: value });
    expect(code).not.toBe(0);
    expect(existsSync(join(cwd, "owned"))).toBe(false);
  });
});
