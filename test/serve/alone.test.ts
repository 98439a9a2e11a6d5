import { describe, expect, test } from "vitest";
import { createQueue, createTurnstile } from "../../src/serve/alone.ts";

function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe("createQueue", () => {
  test("begins each work when the one before is over, however that ended", async () => {
    const queue = createQueue();
    const log: string[] = [];
    const first = gate();
    const one = queue(async () => {
      log.push("one begins");
      await first.opened;
      log.push("one fails");
      throw new Error("one");
    });
    const two = queue(async () => {
      log.push("two");
      return 2;
    });
    await Promise.resolve();
    first.open();
    await expect(one).rejects.toThrow("one");
    expect(await two).toBe(2);
    expect(log).toEqual(["one begins", "one fails", "two"]);
  });
});

describe("createTurnstile", () => {
  test("lets work run together, then one alone, then others together", async () => {
    const { together, alone } = createTurnstile();
    const log: string[] = [];
    const held = gate();
    const shared = ["a", "b"].map((name) =>
      together(async () => {
        log.push(`${name} begins`);
        await held.opened;
        log.push(`${name} ends`);
      }),
    );
    const single = alone(async () => {
      log.push("alone begins");
      await Promise.resolve();
      log.push("alone ends");
    });
    const later = together(async () => {
      log.push("c");
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual(["a begins", "b begins"]);
    held.open();
    await Promise.all([...shared, single, later]);
    expect(log).toEqual([
      ...["a begins", "b begins", "a ends", "b ends"],
      ...["alone begins", "alone ends", "c"],
    ]);
  });

  test("goes on after work that failed", async () => {
    const { together, alone } = createTurnstile();
    const boom = () => Promise.reject(new Error("boom"));
    await expect(together(boom)).rejects.toThrow("boom");
    await expect(alone(boom)).rejects.toThrow("boom");
    expect(await together(async () => 1)).toBe(1);
    expect(await alone(async () => 2)).toBe(2);
  });
});
