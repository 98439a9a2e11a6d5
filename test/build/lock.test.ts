import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  compareLock,
  formatLock,
  type Lock,
  lockError,
  lockOf,
  lockPath,
  readLock,
} from "../../src/build/lock.ts";
import type { BuildRecord } from "../../src/build/record.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import { sampleRecord } from "./sample-record.ts";

const lock = (changes: Partial<BuildRecord> = {}): Lock => lockOf(sampleRecord(changes));

/** A lock in which one part of one platform is another one. */
function withOther(platform: string, ...parts: readonly (keyof Lock["platforms"][string])[]): Lock {
  const same = lock();
  const before = same.platforms[platform]!;
  const changed = Object.fromEntries(parts.map((part) => [part, { ...before[part], size: 9 }]));
  return { ...same, platforms: { ...same.platforms, [platform]: { ...before, ...changed } } };
}

const named = (locked: Lock, built: Lock) => compareLock(locked, built).map(({ what }) => what);

describe("readLock", () => {
  test("reads what formatLock wrote", async () => {
    const path = lockPath(scratch());
    expect(await readLock(path)).toBeUndefined();
    writeFileSync(path, formatLock(lock()));
    expect(await readLock(path)).toEqual(lock());
  });

  test.each([
    ["", "JSON"],
    ["{", "JSON"],
    ["null", "expected object"],
    ["{}", "at name"],
    [formatLock(lock()).replace("sha256:", "sha256:x"), "at index.digest"],
    [formatLock(lock()).replace('"stamp"', '"stmap"'), "stmap"],
  ])("refuses %j and says why", async (text, why) => {
    const path = lockPath(scratch());
    writeFileSync(path, text);
    const { code, message, hint } = await failureOf(readLock(path));
    expect(code).toBe("CONFIG");
    expect(message).toContain(`The lock "${path}" is wrong\n  `);
    expect(message).toContain(why);
    expect(hint).toMatch(/--update-lock/);
  });

  test("says when it cannot be read", async () => {
    const { code, message } = await failureOf(readLock(join(scratch(), "..")));
    expect(code).toBe("CONFIG");
    expect(message).toMatch(/^Cannot read /);
  });
});

describe("compareLock", () => {
  test("finds nothing between equals, whatever the order of platforms", () => {
    const { platforms } = lock();
    const reversed = Object.fromEntries(Object.entries(platforms).reverse());
    expect(compareLock(lock(), { ...lock(), platforms: reversed })).toEqual([]);
  });

  test("tells both sides of every part that differs", () => {
    const [difference, ...others] = compareLock(lock(), withOther("linux/arm/v7", "layer"));
    const { digest, size } = lock().platforms["linux/arm/v7"]!.layer;
    expect(others).toEqual([]);
    expect(difference).toEqual({
      what: "linux/arm/v7 layer",
      locked: `${digest} (${size} bytes)`,
      built: `${digest} (9 bytes)`,
    });
  });

  test.each([
    ["version", { version: "2" }],
    ["stamp", { stamp: "2" }],
    ["format", { format: "docker" }],
    ["inline", { inline: "all" }],
    ["SOURCE_DATE_EPOCH", { sourceDateEpoch: 0 }],
    ["toolchain", { toolchain: { name: "zig", versions: ["0.17.0"] } }],
    ["index", { index: { ...sampleRecord().index, size: 1 } }],
  ] as const)("notices another %s", (what, change) => {
    expect(named(lock(), lock(change as Partial<BuildRecord>))).toEqual([what]);
  });

  test("compares a build of some platforms in those, and not its index", () => {
    const record = sampleRecord({ index: { ...sampleRecord().index, size: 1 } });
    const some = { ...record, platforms: record.platforms.slice(0, 1) };
    expect(named(lock(), lockOf(some))).toEqual([]);
    expect(named(withOther("linux/amd64", "config"), lockOf(some))).toEqual(["linux/amd64 config"]);
    expect(named(withOther("linux/arm/v7", "config"), lockOf(some))).toEqual([]);
  });

  test("notices a platform that the lock does not have", () => {
    const fewer = lockOf({ ...sampleRecord(), platforms: sampleRecord().platforms.slice(0, 1) });
    expect(compareLock(fewer, lock())[0]).toMatchObject({
      what: "linux/arm/v7 binary",
      locked: "absent",
    });
  });
});

describe("lockError", () => {
  const shown = (built: Lock) => {
    const { message } = lockError("digests.json", compareLock(lock(), built));
    return message.split("\n").flatMap((line) => /^ {2}(\S.*)$/.exec(line)?.[1] ?? []);
  };

  test("shows a setting that differs, and not what follows from it", () => {
    const built = {
      ...withOther("linux/arm/v7", "layer", "config", "manifest"),
      inline: "all",
    } as const;
    expect(shown(built)).toEqual(["inline", "and 3 digests that may follow from this"]);
  });

  test("shows the first part of each platform that differs, and counts the rest", () => {
    const built = {
      ...withOther("linux/arm/v7", "binary", "layer", "manifest"),
      index: { ...lock().index, size: 1 },
    };
    expect(shown(built)).toEqual([
      "linux/arm/v7 binary",
      "and 3 digests that may follow from this",
    ]);
    expect(shown(withOther("linux/amd64", "manifest"))).toEqual(["linux/amd64 manifest"]);
    expect(shown({ ...lock(), index: { ...lock().index, size: 1 } })).toEqual(["index"]);
  });

  test("shows both sides, and keeps every difference for programs", () => {
    const differences = compareLock(lock(), lock({ version: "2", stamp: "2" }));
    const { code, message, hint, detail } = lockError("digests.json", differences);
    expect(code).toBe("DIFFERENCE");
    expect(message).toBe(
      'The build differs from "digests.json"\n  version\n    locked 1.2.3\n    built  2\n  stamp\n    locked 1.2.3\n    built  2',
    );
    expect(hint).toMatch(/--update-lock/);
    expect(detail).toEqual({ path: "digests.json", differences });
  });
});
