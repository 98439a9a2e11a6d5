/** When the journal is on the disk: flushes that are counted, held up and broken. */
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { openJournal } from "../../src/release/journal.ts";
import type { JournalRecord } from "../../src/release/journal-record.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";

/** What a flush waits for, and how it ends. */
const disk = vi.hoisted(() => ({
  flushes: 0,
  ready: Promise.resolve(),
  error: null as Error | null,
}));
vi.mock("node:fs", async (original) => ({
  ...(await original<typeof import("node:fs")>()),
  fsync(_: number, done: (error: Error | null) => void) {
    disk.flushes++;
    void disk.ready.then(() => done(disk.error));
  },
}));
beforeEach(() => Object.assign(disk, { flushes: 0, ready: Promise.resolve(), error: null }));

const record: JournalRecord = { type: "barrier" };
const open = () => openJournal(join(scratch(), "journal.ndjson"));

test("those who wait together wait for one flush, and nobody for one that began before his record", async () => {
  const journal = open();
  let release: () => void = () => undefined;
  disk.ready = new Promise((resolve) => {
    release = resolve;
  });
  journal.append(record);
  const first = journal.flush();
  await vi.waitFor(() => expect(disk.flushes).toBe(1));
  const later = Array.from({ length: 20 }, () => {
    journal.append(record);
    return journal.flush();
  });
  let early = false;
  void later[0]?.then(() => {
    early = disk.flushes < 2;
  });
  release();
  await Promise.all([first, ...later]);
  expect(early).toBe(false);
  expect(disk.flushes).toBe(2);
});

test("what is on the disk is not flushed again", async () => {
  const journal = open();
  await journal.flush();
  journal.append(record);
  await journal.flush();
  await journal.flush();
  expect(disk.flushes).toBe(1);
});

test("a disk that does not take it ends everything: nothing is written after it", async () => {
  const journal = open();
  journal.append(record);
  disk.error = Object.assign(new Error("no"), { code: "EIO" });
  const both = await Promise.all([failureOf(journal.flush()), failureOf(journal.flush())]);
  for (const failure of both)
    expect(failure).toMatchObject({ code: "IO", detail: { code: "EIO" } });
  disk.error = null;
  expect(await failureOf(() => journal.append(record))).toMatchObject({ code: "IO" });
  expect(await failureOf(journal.flush())).toMatchObject({ code: "IO" });
});
