import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { settleAll } from "../../src/build/settle-all.ts";
import { HiatusError } from "../../src/errors.ts";

describe("settleAll", () => {
  test("keeps the order of the items, and the number of jobs", async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number) => {
      most = Math.max(most, ++running);
      await sleep(item % 3);
      running--;
      return item * 2;
    };
    const items = Array.from({ length: 20 }, (_, i) => i);
    expect(await settleAll(items, 3, work)).toEqual(items.map((item) => item * 2));
    expect(most).toBe(3);
  });

  test("works on every item and tells of every failure", async () => {
    const seen: number[] = [];
    const work = async (item: number) => {
      seen.push(item);
      if (item % 2 === 1)
        throw new HiatusError("TOOLCHAIN", `no ${item}`, { hint: `mend ${item}` });
    };
    await expect(settleAll([0, 1, 2, 3], 2, work)).rejects.toMatchObject({
      code: "TOOLCHAIN",
      message: "2 platforms failed\nno 1\nno 3",
      hint: "mend 1",
      detail: { failures: [{ message: "no 1" }, { message: "no 3" }] },
    });
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  test("lists failures in the order of the items, and what they have in common once", async () => {
    const work = async (item: number) => {
      await sleep(10 - item);
      throw new HiatusError("TOOLCHAIN", `no ${item}\n${item % 2 === 0 ? "even" : "odd"}\nnumber`);
    };
    await expect(settleAll([1, 2, 3], 3, work)).rejects.toThrow(
      "3 platforms failed\nno 1\nno 3\nodd\nnumber\nno 2\neven\nnumber",
    );
  });

  test("throws a single failure, and errors of other kinds, as they are", async () => {
    const bug = new TypeError("bug");
    const failure = new HiatusError("CONTENT", "one");
    const work = async (error: Error | undefined) => {
      if (error !== undefined) throw error;
    };
    await expect(settleAll([undefined, failure], 1, work)).rejects.toBe(failure);
    await expect(settleAll([failure, bug], 1, work)).rejects.toBe(bug);
  });

  test("begins nothing more once aborted, and throws the reason", async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const work = async (item: number) => {
      seen.push(item);
      controller.abort(new Error("stop"));
      throw new HiatusError("CONTENT", "because of the abort");
    };
    await expect(settleAll([1, 2, 3], 1, work, controller.signal)).rejects.toThrow("stop");
    expect(seen).toEqual([1]);
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses %d jobs", async (jobs) => {
    await expect(settleAll([1], jobs, async () => {})).rejects.toMatchObject({ code: "USAGE" });
  });
});
