import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { liveRows } from "../../../src/cli/present/progress.ts";
import { createScreen } from "../screen.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("liveRows", () => {
  test("draws rows over each other, and none is left in the end", () => {
    const screen = createScreen();
    const rows = liveRows(screen);
    rows.set("a", "a 1");
    rows.set("b", "b 1");
    vi.advanceTimersByTime(100);
    expect(screen.lines()).toEqual(["a 1", "b 1"]);
    rows.set("a", "a 2");
    vi.advanceTimersByTime(100);
    expect(screen.lines()).toEqual(["a 2", "b 1"]);
    rows.close();
    expect(screen.lines()).toEqual([]);
    rows.set("a", "a 3");
    vi.advanceTimersByTime(100);
    expect(screen.lines()).toEqual([]);
  });

  test("prints above the rows what is to stay", () => {
    const screen = createScreen();
    const rows = liveRows(screen);
    rows.set("a", "a 1");
    rows.print("a warning\n");
    expect(screen.lines()).toEqual(["a warning", "a 1"]);
    rows.close();
    rows.print("an error\n");
    expect(screen.lines()).toEqual(["a warning", "an error"]);
  });

  test("does not draw more often than one can read", () => {
    const screen = createScreen();
    const rows = liveRows(screen);
    for (let at = 0; at < 1000; at++) rows.set("a", `a ${at}`);
    vi.advanceTimersByTime(100);
    expect(screen.writes()).toBe(2);
    expect(screen.lines()).toEqual(["a 999"]);
  });

  test("keeps to the width and the height of the terminal", () => {
    const screen = createScreen(10, 5);
    const rows = liveRows(screen);
    for (let at = 0; at < 9; at++) rows.set(`${at}`, `${at} ${"x".repeat(20)}`);
    vi.advanceTimersByTime(100);
    expect(screen.lines()).toEqual(["0 xxxxxx…", "1 xxxxxx…", "  and 7 …"]);
  });

  test("takes a terminal that nobody measured for a usual one", () => {
    const screen = createScreen(0, 0);
    const rows = liveRows(screen);
    rows.set("a", "x".repeat(100));
    rows.set("b", "b");
    vi.advanceTimersByTime(100);
    expect(screen.lines()).toEqual([`${"x".repeat(78)}…`, "b"]);
  });
});
