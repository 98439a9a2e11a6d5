import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCache } from "../../src/build/cache.ts";
import { lookAtFiles } from "../../src/build/files.ts";
import { openHost } from "../../src/build/host.ts";
import { hostOf, script } from "./fake-host.ts";
import { scratchFolder } from "./scratch-folder.ts";

describe("openHost", () => {
  test("finds only files that may be executed, in the order of PATH", () => {
    const [one, other] = [scratchFolder(), scratchFolder()];
    const host = openHost({ PATH: `${one}::.:${other}` }, lookAtFiles(), openCache(null));
    mkdirSync(join(one, "cc"));
    appendFileSync(join(one, "ld"), "not executable");
    expect(host.find("cc")).toBeUndefined();
    script(other, "cc", "");
    script(other, "ld", "");
    expect(host.find("cc")).toBe(join(other, "cc"));
    expect(host.find("ld")).toBe(join(other, "ld"));
    script(one, "ld", "");
    expect([...host.list(/^[cl].$/)].sort()).toEqual(["cc", "cc", "ld", "ld"]);
  });

  test("finds nothing without PATH, and takes no program from the current folder", () => {
    expect(openHost({}, lookAtFiles(), openCache(null)).find("sh")).toBeUndefined();
    expect(openHost({ PATH: "::bin" }, lookAtFiles(), openCache(null)).find("sh")).toBeUndefined();
  });

  test("asks a program once, until its file changes", async () => {
    const folder = scratchFolder();
    const cache = join(folder, "cache");
    const count = join(folder, "count");
    const program = script(folder, "cc", `echo x >> ${count}; echo "version $1"`);
    const asked = () => readFileSync(count, "utf8").length / 2;
    expect(await hostOf(folder, cache).ask(program, "1")).toBe("version 1");
    expect(await hostOf(folder, cache).ask(program, "1")).toBe("version 1");
    expect(asked()).toBe(1);
    expect(await hostOf(folder, cache).ask(program, "2")).toBe("version 2");
    expect(asked()).toBe(2);
    script(folder, "cc", `echo x >> ${count}; echo "newer $1"`);
    expect(await hostOf(folder, cache).ask(program, "1")).toBe("newer 1");
    expect(asked()).toBe(3);
  });

  test("tells what a failing program complained of", async () => {
    const folder = scratchFolder();
    const program = script(folder, "cc", 'echo "cannot load libc" >&2; exit 127');
    await expect(hostOf(folder).ask(program, "--version")).rejects.toMatchObject({
      code: "TOOLCHAIN",
      message: expect.stringMatching(/cc --version" failed: cannot load libc$/),
    });
    expect(await hostOf(folder).accepts(program, "--version")).toBe(false);
  });
});
