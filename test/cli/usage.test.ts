import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { scratch } from "../folder.ts";
import { hiatus, jsonLines } from "./command.ts";

let cwd: string;
beforeEach(() => {
  cwd = scratch();
});
const run = (...args: readonly string[]) => hiatus(args, { cwd });

describe("hiatus", () => {
  test("prints help, and what every line of it promises", async () => {
    const { code, stdout, stderr } = await run("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const word of [
      "build",
      "inspect",
      "push",
      "pull",
      "tags",
      "verify",
      "Exit codes:",
      "SOURCE_DATE_EPOCH",
      "HIATUS_CACHE_DIR",
    ]) {
      expect(stdout).toContain(word);
    }
    expect(await run("help")).toMatchObject({ code: 0, stdout });
  });

  test.each(["build", "inspect", "push", "pull", "tags", "verify"])(
    "prints help of %s in three ways, with examples",
    async (command) => {
      const { code, stdout, stderr } = await run(command, "--help");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`^Usage: hiatus ${command} `));
      expect(stdout).toContain("Examples:\n  $ hiatus");
      expect((await run("help", command)).stdout).toBe(stdout);
      expect((await run(command, "-h")).stdout).toBe(stdout);
    },
  );

  test("shows help in no more than a terminal's width", async () => {
    for (const command of ["", "build", "inspect", "push", "pull", "tags", "verify"]) {
      const { stdout } = await run(...command.split(" ").filter(Boolean), "--help");
      expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
    }
  });

  test("lists every platform and every option of build", async () => {
    const { stdout } = await run("build", "--help");
    const { PLATFORMS } = await import("../../src/build/platforms.ts");
    for (const { name } of PLATFORMS) expect(stdout).toContain(name);
    const options =
      "version stamp platform out toolchain format inline locked update-lock jobs json quiet";
    for (const option of options.split(" ")) expect(stdout).toContain(`--${option}`);
  });

  test("tells its version, and knows it from an image's", async () => {
    const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
      version: string;
    };
    expect(await run("--version")).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
    expect(await run("-V")).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  test("without a command prints help as an error", async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: hiatus /);
  });

  test.each([
    [["bild"], "unknown command 'bild'", "Did you mean build?"],
    [["build", "--platfrom", "x"], "unknown option '--platfrom'", "Did you mean --platform?"],
    [["build", "a", "b"], "too many arguments", ""],
    [["build", "--jobs", "0"], "'--jobs <n>' argument '0' is invalid", "whole number"],
    [["build", "--jobs", "1e3"], "'--jobs <n>' argument '1e3' is invalid", ""],
    [["build", "--jobs"], "'--jobs <n>' argument missing", ""],
    [["build", "--platform", "linux/amd64,"], "name between the commas is empty", ""],
    [["build", "--toolchain", "tcc"], "Allowed choices are zig, clang, gcc", ""],
    [["build", "--format", "tar"], "Allowed choices are oci, docker", ""],
    [["build", "--inline", "most"], "Allowed choices are none, blobs, all", ""],
    [["build", "--locked", "--update-lock"], "cannot be used with option '--update-lock'", ""],
    [["build", "--quiet", "--json=1"], "unknown option", ""],
    [["inspect"], "missing required argument 'reference'", ""],
  ])(
    "%j is wrong usage: exit code 2, nothing on standard output, a way to help",
    async (args, message, more) => {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr).toContain(more);
      expect(stderr).toContain("(add --help for usage)");
    },
  );

  test.each([
    [
      ["build", "--platform", "linux/amd46"],
      '"linux/amd46" is not a platform',
      "Did you mean linux/amd64?",
    ],
    [
      ["build", "--platform", "arm64,x86_64,vax"],
      '"x86_64", "vax" are not platforms',
      "Did you mean linux/amd64",
    ],
    [["build", "--version", "a b"], '"a b" is not a version', '"3.10.2"'],
    [["build", "--version", ""], '"" is not a version', ""],
    [["build", "--stamp", "-v"], '"-v" is not a revision', ""],
    [["build", "--out", ""], "The folder of --out has no name", "dist/"],
    [["build", "--format", "docker", "--inline", "all"], "has no data field", "--inline"],
    [
      ["build", "--update-lock", "--platform", "arm64"],
      "A lock is about all platforms",
      "--platform",
    ],
    [["build", "paus"], 'There is no image definition "paus"', 'Did you mean "pause"?'],
    [["build", "./nothing"], 'There is no image definition "./nothing"', "image.yaml"],
    [["inspect", "dir:pause"], 'Cannot tell what "dir:pause" means', "oci:DIR"],
    [["inspect", "Pause"], '"Pause" is not a reference', "oci:DIR"],
    [["push", "oci:x", "pause"], '"pause" does not say which registry', "docker.io/library/pause"],
    [["inspect", "oci:"], "it names no path", "oci:DIR"],
  ])("%j is refused: exit code 2, what is wrong, what to do", async (args, message, hint) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const [first, ...others] = stderr.split("\n");
    expect(first).toMatch(/^hiatus: /);
    expect(first).toContain(message);
    expect(others.join("\n")).toMatch(/^ {2}\S/);
    expect(others.join("\n")).toContain(hint);
  });

  test.each(["x", "-1", "1.5", "0x10", "2147483648", "99999999999999"])(
    "refuses SOURCE_DATE_EPOCH=%s",
    async (epoch) => {
      const env = { SOURCE_DATE_EPOCH: epoch };
      const { code, stderr } = await hiatus(["build"], { cwd, env });
      expect(code).toBe(2);
      expect(stderr).toContain(`hiatus: SOURCE_DATE_EPOCH is "${epoch}"\n  Give whole seconds`);
    },
  );

  test("with --json tells of errors as one event on standard output", async () => {
    const wrong = await run("build", "--json", "--platform", "vax");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toBe("");
    expect(jsonLines(wrong.stdout)).toEqual([
      expect.objectContaining({
        type: "error",
        code: "USAGE",
        detail: expect.objectContaining({ unknown: ["vax"] }),
      }),
    ]);
    const unknown = await run("build", "--json", "--platfrom", "vax");
    expect(unknown.code).toBe(2);
    expect(jsonLines(unknown.stdout)).toEqual([
      expect.objectContaining({ type: "error", code: "USAGE" }),
    ]);
    const absent = await run("inspect", "--json", "oci:nowhere");
    expect(absent.code).toBe(1);
    expect(jsonLines(absent.stdout)).toEqual([
      expect.objectContaining({ type: "error", code: "NOT_FOUND" }),
    ]);
  });
});
