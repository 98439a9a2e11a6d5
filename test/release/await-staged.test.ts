import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { awaitStaged } from "../../src/release/await-staged.ts";
import { pushAll, sample } from "../contract/sample.ts";
import { type MemoryMirror, memoryMirror, sampleRelease } from "./memory-mirror.ts";

/** A clock whose time passes when somebody sleeps, and then something happens. */
function stepClock(happens: (second: number) => Promise<void> | void = () => undefined) {
  let time = 0;
  const clock = {
    now: () => time,
    async sleep(milliseconds: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      time += milliseconds;
      await happens(time / 1000);
    },
  };
  return { clock, seconds: () => time / 1000 };
}

const stageAt = (mirror: MemoryMirror) => pushAll(mirror.memory, sample().all);

describe("awaitStaged", () => {
  test("waits until the last mirror has the image, and tells who is missing", async () => {
    const { image } = await sampleRelease();
    const mirrors = ["a", "b", "c"].map((name) => memoryMirror(name));
    await stageAt(mirrors[0] as MemoryMirror);
    const told: (readonly string[])[] = [];
    const { clock, seconds } = stepClock(async (second) => {
      if (second >= 2) await stageAt(mirrors[2] as MemoryMirror);
      if (second >= 20) await stageAt(mirrors[1] as MemoryMirror);
    });
    const options = {
      limit: 60_000,
      clock,
      onMissing: (names: readonly string[]) => told.push(names),
    };
    expect(await awaitStaged(image, mirrors, options)).toEqual([]);
    expect(told).toEqual([["b", "c"], ["b"]]);
    expect(seconds()).toBeLessThan(40);
  });

  test("does not wait at all where everything is there", async () => {
    const { image } = await sampleRelease();
    const mirror = memoryMirror("a");
    await stageAt(mirror);
    const { clock, seconds } = stepClock();
    expect(await awaitStaged(image, [mirror], { limit: 60_000, clock })).toEqual([]);
    expect(seconds()).toBe(0);
  });

  test("gives up when the time is up, to the millisecond, and names who lacks it", async () => {
    const { image } = await sampleRelease();
    const { clock, seconds } = stepClock();
    const mirrors = [memoryMirror("a"), memoryMirror("b")];
    expect(await awaitStaged(image, mirrors, { limit: 33_333, clock })).toEqual(["a", "b"]);
    expect(seconds()).toBe(33.333);
  });

  test("does not wait for a mirror that cannot be asked", async () => {
    const { image } = await sampleRelease();
    const mirror = memoryMirror("down");
    const down = {
      ...mirror,
      fresh: {
        ...mirror.fresh,
        exists: () => Promise.reject(new HiatusError("NETWORK", "Nobody answers")),
      },
    };
    const { clock, seconds } = stepClock();
    expect(await awaitStaged(image, [down], { limit: 60_000, clock })).toEqual([]);
    expect(seconds()).toBe(0);
  });

  test("ends with the reason of the signal", async () => {
    const { image } = await sampleRelease();
    const controller = new AbortController();
    const { clock } = stepClock(() => controller.abort());
    const { signal } = controller;
    const waiting = awaitStaged(image, [memoryMirror("a")], { limit: 60_000, clock, signal });
    await expect(waiting).rejects.toThrow(signal.reason);
  });
});
