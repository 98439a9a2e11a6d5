import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileArgv, quoteCommand, RECORDED_OUTPUTS } from "../../src/build/argv.ts";

describe("compileArgv", () => {
  const invocation = {
    command: ["zig", "cc"],
    flags: ["-f"],
    optimise: ["-Oz"],
    includes: ["/a", "/b"],
  };

  test("gives the stamp as one argument, a C string in its quotes", () => {
    expect(compileArgv(invocation, "1.2+g3", RECORDED_OUTPUTS)).toContain('-DVERSION="1.2+g3"');
  });

  test("keeps headers of the host out but for the folders that are given, in their order", () => {
    const argv = compileArgv(invocation, "1", RECORDED_OUTPUTS);
    expect(argv.slice(0, 5)).toEqual(["zig", "cc", "-f", "-std=gnu11", "-Oz"]);
    expect(argv).toContain("-nostdinc");
    expect(argv.join(" ")).toContain("-isystem /a -isystem /b");
    expect(argv.join(" ")).toMatch(/-MD -MF pause\.d -MT pause -o pause pause\.c$/);
  });
});

describe("quoteCommand", () => {
  test("is read back by a shell as the same words", () => {
    const word = fc.string({ unit: "binary-ascii" }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const output = execFileSync("/bin/sh", ["-c", `printf '%s\\0' ${quoteCommand(words)}`]);
        expect(output.toString().split("\0").slice(0, -1)).toEqual(words);
      }),
      { numRuns: 50 },
    );
  });

  test("leaves plain words plain", () => {
    expect(quoteCommand(["/usr/bin/cc", "-Wl,-z,noexecstack", "--target=x", "a b"])).toBe(
      "/usr/bin/cc -Wl,-z,noexecstack --target=x 'a b'",
    );
  });
});
