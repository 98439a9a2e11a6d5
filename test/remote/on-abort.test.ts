import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { onAbort } from "../../src/remote/on-abort.ts";

describe("onAbort", () => {
  test("calls everybody who still listens, once, in their order", () => {
    const controller = new AbortController();
    const calls: string[] = [];
    onAbort(controller.signal, () => calls.push("first"));
    const forget = onAbort(controller.signal, () => calls.push("gone"));
    onAbort(controller.signal, () => calls.push("last"));
    forget();
    forget();
    controller.abort();
    expect(calls).toEqual(["first", "last"]);
  });

  test("is one listener of the signal, however many wait, and none when nobody does", () => {
    const { signal } = new AbortController();
    const forgets = Array.from({ length: 100 }, () => onAbort(signal, () => undefined));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    for (const forget of forgets) forget();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("takes somebody out who is forgotten by another one's stop", () => {
    const controller = new AbortController();
    const late = vi.fn();
    let forget = (): void => undefined;
    onAbort(controller.signal, () => forget());
    forget = onAbort(controller.signal, late);
    controller.abort();
    // It was asked to stop at the same moment: being told is no harm, being told twice would be.
    expect(late.mock.calls.length).toBeLessThanOrEqual(1);
  });

  test("does nothing without a signal", () => {
    expect(onAbort(undefined, () => undefined)()).toBeUndefined();
  });
});
