import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { scratch } from "../folder.ts";
import { describeTools } from "./tools.ts";

const FILES = readdirSync(join(packageRoot(), ".github", "workflows"));

await describeTools(["actionlint"], "actionlint", (actionlint) => {
  let cwd: string;
  // It looks at our action where it sees a repository, and only there.
  beforeEach(() => {
    cwd = scratch();
    mkdirSync(join(cwd, ".git"));
    for (const name of [".github", "action.yml"]) {
      cpSync(join(packageRoot(), name), join(cwd, name), { recursive: true });
    }
  });
  const lint = (name: string) =>
    actionlint([
      "-no-color",
      "-shellcheck=",
      "-pyflakes=",
      join(cwd, ".github", "workflows", name),
    ]);

  test.each(FILES)("has nothing to say of %s", async (name) => {
    expect(await lint(name)).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  test("would notice what is no input of the workflow, and what is none of our action", async () => {
    const path = join(cwd, ".github", "workflows", "release.yml");
    const text = readFileSync(path, "utf8")
      .replace("dry-run: true", "dryrun: true")
      .replace("inputs.resume != ''", "inputs.resumed != ''");
    writeFileSync(path, text);
    const { code, stdout } = await lint("release.yml");
    expect(code).toBe(1);
    expect(stdout).toContain('input "dryrun" is not defined in action');
    expect(stdout).toContain('property "resumed" is not defined');
  });
});
