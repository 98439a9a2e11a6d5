import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDepfile } from "../../src/build/depfile.ts";

describe("parseDepfile", () => {
  test("reads the rule that clang writes, over several lines", () => {
    const text = "pause: pause.c \\\n  /usr/include/asm/errno.h \\\n  kernel.h arch.h\n";
    expect(parseDepfile(text)).toEqual([
      "pause.c",
      "/usr/include/asm/errno.h",
      "kernel.h",
      "arch.h",
    ]);
  });

  test("reads only the first rule, so that -MP changes nothing", () => {
    expect(parseDepfile("pause: pause.c a.h\n\na.h:\n")).toEqual(["pause.c", "a.h"]);
  });

  test("undoes the escapes of make", () => {
    const text = "a\\ target.o: my\\ dir/a.h $$x/b\\#c.h C:\\\\d.h";
    expect(parseDepfile(text)).toEqual(["my dir/a.h", "$x/b#c.h", "C:\\\\d.h"]);
  });

  test("takes the colon of a drive for a part of the name", () => {
    expect(parseDepfile("C:/tmp/pause.o: C:/src/pause.c\r\n")).toEqual(["C:/src/pause.c"]);
  });

  test("knows no rule in an empty or broken file", () => {
    for (const text of ["", "\n", "pause.c arch.h", "a:b"])
      expect(parseDepfile(text)).toBeUndefined();
    expect(parseDepfile("pause:")).toEqual([]);
  });

  test("gives back every name that a compiler escapes", () => {
    const name = fc
      .stringMatching(/^[a-zA-Z0-9/._$# +=@-]*[a-zA-Z0-9/._$#+=@-]$/)
      .filter((text) => text.trim() !== "");
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        const escaped = names.map((text) =>
          text.replaceAll("$", "$$$$").replaceAll(/[ #]/g, "\\$&"),
        );
        expect(parseDepfile(`pause: ${escaped.join(" \\\n  ")}\n`)).toEqual(names);
      }),
    );
  });
});
