import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createLayout } from "../../src/store/layout.ts";
import { pushAll, sample } from "../contract/sample.ts";
import { scratch } from "../folder.ts";
import { hiatus } from "./command.ts";
import { htmlPage, startRegistry } from "./registry.ts";

const { index, all } = sample();
let cwd: string;
beforeEach(async () => {
  cwd = scratch();
  const layout = await createLayout(join(cwd, "image"));
  await pushAll(layout, all);
  for (const tag of ["b", "a", "latest"]) await layout.tag(index.descriptor, tag);
});
const run = (...args: readonly string[]) => hiatus(["tags", ...args], { cwd });

describe("hiatus tags", () => {
  test("lists the tags of layout, archive and repository, one a line", async () => {
    const { host } = await startRegistry();
    const push = ["push", "oci:image:a", `${host}/pause`, "oci-archive:a.tar", "-q"];
    await hiatus([...push, "--tag", "b", "--tag", "a", "--tag", "latest"], { cwd });
    for (const place of ["oci:image", "./image", "oci-archive:a.tar", `${host}/pause`]) {
      const { code, stdout, stderr } = await run(place);
      expect({ place, code, stdout, stderr }).toEqual({
        place,
        code: 0,
        stdout: "a\nb\nlatest\n",
        stderr: "",
      });
    }
    expect((await run(`docker://${host}/pause`)).stdout).toBe("a\nb\nlatest\n");
  });

  test("with --json prints one document", async () => {
    const { stdout } = await run("oci:image", "--json");
    expect(stdout).toBe('{"reference":"oci:image","tags":["a","b","latest"]}\n');
  });

  test("of a repository that is not there says so", async () => {
    const { host } = await startRegistry();
    const { code, stdout, stderr } = await run(`${host}/nothing`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^hiatus: .*nothing.*\n {2}\S/);
  });

  test("does not take a page for a list", async () => {
    const { host } = await startRegistry({ instead: () => htmlPage("Log in") });
    const { code, stdout, stderr } = await run(`${host}/pause`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`${host}/pause`);
    expect(stderr).toMatch(/\n {2}Check that this is a registry/);
  });

  test("refuses a reference to one thing", async () => {
    const { code, stderr } = await run("oci:image:a");
    expect(code).toBe(2);
    expect(stderr).toContain("Write: hiatus tags oci:image, or: hiatus inspect oci:image:a");
  });
});
