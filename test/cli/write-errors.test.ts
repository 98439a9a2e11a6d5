import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { onWriteError } from "../../src/cli/write-errors.ts";

describe("onWriteError", () => {
  const full = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
  const cases: Record<string, (chunk: unknown, encoding: unknown, done: Tell) => void> = {
    "is emitted, as in Node": (_chunk, _encoding, done) => done(full),
    "is thrown, as in Deno": () => {
      throw full;
    },
  };
  type Tell = (error?: Error) => void;

  test.each(Object.entries(cases))("tells an error that %s", async (_, write) => {
    const stream = new Writable({ write });
    const told: unknown[] = [];
    onWriteError(stream, (error) => told.push(error));
    stream.write("text");
    await turn();
    expect(told).toEqual([full]);
  });

  test("leaves a stream that works as it is", async () => {
    const written: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        done();
      },
    });
    onWriteError(stream, (error) => {
      throw error;
    });
    const called = new Promise((resolve) => stream.write("one", resolve));
    expect(stream.write("two", "utf8")).toBe(true);
    await called;
    expect(written).toEqual(["one", "two"]);
  });
});
