import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratch } from "../folder.ts";
import { hiatus } from "./command.ts";

const run = (cwd: string, ...args: readonly string[]) => hiatus(["node-config", ...args], { cwd });
const CONTAINERD = [
  "--runtime",
  "containerd",
  "--kubernetes",
  "1.35",
  "--runtime-version",
  "2.1.4",
];
const IMAGE = ["--image", "registry.k8s.io/pause:3.10.2"];

describe("hiatus node-config", () => {
  test("shows each file with where it goes, what to restart and how to look", async () => {
    const { code, stdout } = await run(scratch(), ...CONTAINERD, ...IMAGE);
    expect(code).toBe(0);
    for (const text of [
      "write /etc/containerd/conf.d/50-hiatus-pause.toml",
      'sandbox = "registry.k8s.io/pause:3.10.2"',
      "add to /etc/containerd/config.toml",
      "systemctl restart containerd",
      "containerd config dump",
    ]) {
      expect(stdout).toContain(text);
    }
  });

  test("writes the files below a folder, as they lie on the node", async () => {
    const cwd = scratch();
    const args = [
      ...CONTAINERD,
      ...IMAGE,
      "--mirror",
      "http://10.0.0.5:5000",
      "--out",
      "node",
      "--json",
    ];
    const { code, stdout } = await run(cwd, ...args);
    expect(code).toBe(0);
    const { files, written } = JSON.parse(stdout) as {
      files: { path: string; content: string }[];
      written: string[];
    };
    expect(written).toEqual(files.map(({ path }) => join("node", path)));
    for (const { path, content } of files) {
      expect(readFileSync(join(cwd, "node", path), "utf8")).toBe(content);
    }
  });

  test.each([
    [[...CONTAINERD], "--image"],
    [["--runtime", "containerd", "--kubernetes", "1.35", ...IMAGE], "--runtime-version"],
    [
      ["--runtime", "containerd", "--kubernetes", "1.35", "--runtime-version", "3.0", ...IMAGE],
      "2.0 to 2.4",
    ],
    [["--runtime", "lxc", ...IMAGE], "Allowed choices are"],
    [["--runtime", "k3s", "--runtime-version", "1.35", ...IMAGE, "--existing", "x"], "--existing"],
  ])("of %j ends with exit code 2", async (args, said) => {
    const { code, stdout, stderr } = await run(scratch(), ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(said);
  });

  test("says when it cannot read what the node has", async () => {
    const { code, stderr } = await run(scratch(), ...CONTAINERD, ...IMAGE, "--existing", "nowhere");
    expect(code).toBe(1);
    expect(stderr).toContain("ENOENT");
  });
});
