import { describe, expect, test } from "vitest";
import { gate, runAll } from "../../src/graph/pool.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A task that counts how many of it run at a time. */
function counted() {
  const seen = { now: 0, most: 0 };
  const task = async <T>(value: T): Promise<T> => {
    seen.most = Math.max(seen.most, ++seen.now);
    await turn();
    seen.now--;
    return value;
  };
  return { seen, task };
}

describe("runAll", () => {
  test("runs everything, at most so many at a time, and keeps the order", async () => {
    const { seen, task } = counted();
    const outcomes = await runAll([5, 4, 3, 2, 1], 2, task);
    expect(outcomes.map((outcome) => outcome.ok && outcome.value)).toEqual([5, 4, 3, 2, 1]);
    expect(seen.most).toBe(2);
  });

  test("goes on after a failure and tells all of them", async () => {
    const outcomes = await runAll([1, 2, 3, 4], 1, async (item) => {
      if (item % 2 === 0) throw item;
      return item;
    });
    expect(outcomes).toEqual([
      { ok: true, value: 1 },
      { ok: false, error: 2 },
      { ok: true, value: 3 },
      { ok: false, error: 4 },
    ]);
  });

  test("starts nothing more when the signal is aborted, and throws its reason", async () => {
    const controller = new AbortController();
    const started: number[] = [];
    const running = runAll(
      [1, 2, 3, 4],
      1,
      async (item) => {
        started.push(item);
        if (item === 2) controller.abort("enough");
      },
      controller.signal,
    );
    await expect(running).rejects.toBe("enough");
    expect(started).toEqual([1, 2]);
  });

  test("does nothing with nothing", async () => {
    expect(await runAll([], 8, async () => 1)).toEqual([]);
  });
});

describe("gate", () => {
  test("lets so many through at a time, in their order, failures included", async () => {
    const { seen, task } = counted();
    const through = gate(2);
    const ended: number[] = [];
    const work = [1, 2, 3, 4, 5].map((item) =>
      through(async () => {
        await task(item);
        ended.push(item);
        if (item === 2) throw new Error("two");
      }).catch(() => undefined),
    );
    await Promise.all(work);
    expect(seen.most).toBe(2);
    expect(ended).toEqual([1, 2, 3, 4, 5]);
  });
});
