import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { findingLines } from "../../../src/cli/present/release-tables.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Finding, MirrorCheck } from "../../../src/release/check.ts";

const ours = digestOf(Buffer.from("ours"));
const short = `${ours.slice(0, 19)}…`;
const check = (findings: readonly Finding[]) =>
  ({
    mirror: { name: "a" },
    status: "drifted",
    compared: 9,
    findings,
    failure: undefined,
  }) as unknown as MirrorCheck;

describe("findingLines", () => {
  test("names tags that are the same wrong thing together, and everything else by itself", () => {
    const findings = [
      { what: "tag 3.10", expected: ours, found: "absent" },
      { what: "tag 3.9", expected: ours, found: "absent" },
      { what: "tag 3.8", expected: ours, found: "sha256:other" },
      { what: "index", expected: ours, found: "absent" },
    ];
    expect(findingLines([check(findings)]).map(stripVTControlCharacters)).toEqual([
      `  ✗ a: tags 3.10, 3.9 should be ${short}, are absent`,
      `  ✗ a: tag 3.8 should be ${short}, is sha256:other`,
      `  ✗ a: index should be ${short}, is absent`,
    ]);
  });

  test("prints nothing raw that a registry wrote", () => {
    const found = "damaged: \u001b[2Jgone";
    const [line = ""] = findingLines([check([{ what: "index", expected: ours, found }])]);
    expect(stripVTControlCharacters(line)).toContain("\\u{1b}[2Jgone");
  });
});
