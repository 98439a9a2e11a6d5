import { describe, expect, test } from "vitest";
import { createLimiter, type LimiterOptions, limiterFor } from "../../src/remote/limiter.ts";

/** Lets everything happen that waits for nothing but its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A clock whose time passes only by hand. */
function handClock() {
  let now = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    sleeping: () => sleepers.size,
    now: () => now,
    sleep: (milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const sleeper = { at: now + milliseconds, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    async pass(milliseconds: number) {
      now += milliseconds;
      for (const sleeper of sleepers) {
        if (sleeper.at > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await settled();
    },
  };
}

/** A limiter, and who got a slot so far. */
function setUp(options: LimiterOptions = {}) {
  const clock = handClock();
  const limiter = createLimiter(options, clock);
  const began: string[] = [];
  const release = new Map<string, () => void>();
  const take = async (name: string, signal?: AbortSignal) => {
    release.set(name, await limiter.take(signal));
    began.push(name);
  };
  return { clock, limiter, began, take, give: (name: string) => release.get(name)?.() };
}

describe("createLimiter", () => {
  test("hands out so many slots, first come, first served", async () => {
    const { began, take, give } = setUp({ concurrency: 2 });
    for (const name of ["a", "b", "c", "d"]) void take(name);
    await settled();
    expect(began).toEqual(["a", "b"]);
    give("b");
    give("b");
    await settled();
    expect(began).toEqual(["a", "b", "c"]);
    give("a");
    await settled();
    expect(began).toEqual(["a", "b", "c", "d"]);
  });

  test("has 32 slots when nobody says otherwise", async () => {
    const { began, take } = setUp();
    for (let count = 0; count < 40; count++) void take(`${count}`);
    await settled();
    expect(began).toHaveLength(32);
  });

  test("forgets who stops waiting, and gives the slot to the next", async () => {
    const { began, take, give } = setUp({ concurrency: 1 });
    const stop = new AbortController();
    void take("a");
    const left = take("b", stop.signal);
    void take("c");
    await settled();
    stop.abort(new Error("enough"));
    await expect(left).rejects.toThrow("enough");
    give("a");
    await settled();
    expect(began).toEqual(["a", "c"]);
    await expect(take("d", stop.signal)).rejects.toThrow("enough");
    give("c");
    await take("e");
    expect(began).toEqual(["a", "c", "e"]);
  });

  test("begins nothing during a pause, and a shorter one does not end a longer one", async () => {
    const { clock, limiter, began, take } = setUp();
    limiter.pause(1000);
    limiter.pause(10);
    void take("a");
    await clock.pass(999);
    expect(began).toEqual([]);
    await clock.pass(1);
    expect(began).toEqual(["a"]);
  });

  test("holds to a pause that gets longer while it is slept through", async () => {
    const { clock, limiter, began, take } = setUp();
    limiter.pause(100);
    void take("a");
    limiter.pause(300);
    await clock.pass(100);
    expect(began).toEqual([]);
    await clock.pass(200);
    expect(began).toEqual(["a"]);
  });

  test("does not sleep for nobody", async () => {
    const { clock, limiter, began, take } = setUp();
    limiter.pause(60_000);
    expect(clock.sleeping()).toBe(0);
    const stop = new AbortController();
    const waiting = take("a", stop.signal);
    expect(clock.sleeping()).toBe(1);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(clock.sleeping()).toBe(0);
    void take("b");
    await clock.pass(60_000);
    expect(began).toEqual(["b"]);
  });

  test("spreads requests over a second", async () => {
    const { clock, began, take } = setUp({ rate: 4 });
    for (const name of ["a", "b", "c"]) void take(name);
    await settled();
    expect(began).toEqual(["a"]);
    await clock.pass(249);
    expect(began).toEqual(["a"]);
    await clock.pass(1);
    expect(began).toEqual(["a", "b"]);
    await clock.pass(250);
    expect(began).toEqual(["a", "b", "c"]);
  });

  test("can only become stricter", async () => {
    const { limiter, began, take } = setUp({ concurrency: 2 });
    limiter.tighten({ concurrency: 5 });
    limiter.tighten({ concurrency: 0 });
    limiter.tighten({ concurrency: Number.NaN });
    for (const name of ["a", "b", "c"]) void take(name);
    await settled();
    expect(began).toEqual(["a", "b"]);
  });
});

test("limiterFor gives everybody the same one for an origin", async () => {
  const one = limiterFor("https://limiter-test.example", { concurrency: 3 });
  expect(limiterFor("https://limiter-test.example", { concurrency: 1 })).toBe(one);
  expect(limiterFor("https://limiter-test.example:5000")).not.toBe(one);
  await one.take();
  let second = false;
  void one.take().then(() => {
    second = true;
  });
  await settled();
  expect(second).toBe(false);
});
