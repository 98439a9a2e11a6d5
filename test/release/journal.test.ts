import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import {
  intended,
  isUnfinished,
  type JournalRecord,
  lastRelease,
  openJournal,
  previousOf,
  readJournal,
  unfinishedRelease,
} from "../../src/release/journal.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";

const [a, b] = ["a", "b"].map((text) => digestOf(Buffer.from(text))) as [
  ReturnType<typeof digestOf>,
  ReturnType<typeof digestOf>,
];
const begin: JournalRecord = {
  ...{ type: "begin", id: "1", image: "pause", version: "1.0" },
  ...{ variants: [], mirrors: [] },
};
const end: JournalRecord = { type: "end", result: "released" };
const previous = (digest: typeof a): JournalRecord => ({
  ...{ type: "previous", mirror: "m", tag: "1", digest },
  ...{ mediaType: "application/x", bytes: "AA==" },
});
const intent = (tag: string): JournalRecord => ({
  ...{ type: "intent", mirror: "m", tag, from: null, to: a },
});

describe("openJournal", () => {
  test("writes a line a record, for nobody else to read, and no file before the first", () => {
    const path = join(scratch(), "deep", "journal.ndjson");
    const journal = openJournal(path);
    expect(readJournal(path)).toBeUndefined();
    journal.append(begin);
    journal.append(end);
    journal.close();
    expect(readFileSync(path, "utf8")).toBe(`${JSON.stringify(begin)}\n${JSON.stringify(end)}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(openJournal(path).records).toEqual([begin, end]);
  });

  test("loses a torn last line and nothing else, and goes on behind it", () => {
    const path = join(scratch(), "journal.ndjson");
    const line = JSON.stringify(previous(a));
    for (let length = 1; length < line.length; length++) {
      writeFileSync(path, `${JSON.stringify(begin)}\n${line.slice(0, length)}`);
      const journal = openJournal(path);
      expect(journal.records).toEqual([begin]);
      journal.append(end);
      journal.close();
      expect(readJournal(path)).toEqual([begin, end]);
    }
    // All but the line's end came to the disk.
    writeFileSync(path, `${JSON.stringify(begin)}\n${line}`);
    expect(readJournal(path)).toEqual([begin, previous(a)]);
  });

  test("survives zeros where a crash of the machine left them", () => {
    const path = join(scratch(), "journal.ndjson");
    writeFileSync(path, `${JSON.stringify(begin)}\n`);
    appendFileSync(path, Buffer.alloc(40));
    const journal = openJournal(path);
    journal.append(end);
    journal.close();
    expect(readJournal(path)).toEqual([begin, end]);
  });

  test.each([
    ["another JSON", '{"type":"unknown"}'],
    ["a digest that is none", JSON.stringify({ ...intent("1"), to: "sha256:x" })],
    ["text", "hello"],
  ])("refuses %s in the middle, and names the line", async (_, line) => {
    const path = join(scratch(), "journal.ndjson");
    writeFileSync(path, `${JSON.stringify(begin)}\n${line}\n${JSON.stringify(end)}\n`);
    const failure = await failureOf(() => openJournal(path));
    expect(failure).toMatchObject({ code: "CONFIG", detail: { line: 2 } });
    expect(failure.hint).toBeTruthy();
  });

  test("writes nothing more once a record could not be written", async () => {
    const folder = scratch();
    const path = join(folder, "release", "journal.ndjson");
    // A file where the folder should be.
    writeFileSync(join(folder, "release"), "");
    const journal = openJournal(join(folder, "release2", "journal.ndjson"));
    writeFileSync(join(folder, "release2"), "");
    const first = await failureOf(() => journal.append(begin));
    expect(first).toMatchObject({ code: "IO", hint: expect.stringContaining("--state") });
    rmSync(join(folder, "release2"));
    mkdirSync(join(folder, "release2"));
    expect(await failureOf(() => journal.append(end))).toBe(first);
    expect(journal.records).toEqual([]);
    // One that cannot even be looked at is not taken for an empty one.
    expect(await failureOf(() => openJournal(path))).toMatchObject({ code: "IO" });
  });
});

describe("records", () => {
  test("tell what is unfinished", () => {
    expect(isUnfinished([])).toBe(false);
    expect(isUnfinished([begin])).toBe(true);
    expect(isUnfinished([begin, end])).toBe(false);
    expect(isUnfinished([begin, end, begin, intent("1")])).toBe(true);
    expect(lastRelease([begin, intent("1"), end, begin, intent("2")])).toEqual([
      begin,
      intent("2"),
    ]);
    expect(unfinishedRelease([begin, intent("1"), end])).toEqual([]);
  });

  test("tell what a tag named before: the last that was seen there", () => {
    const records = [begin, previous(a), intent("1"), previous(b)];
    expect(previousOf(records, "m", "1")).toMatchObject({ digest: b });
    expect(previousOf(records, "m", "2")).toBeUndefined();
    expect(previousOf(records, "other", "1")).toBeUndefined();
  });

  test("tell which tags may have moved, each once, in the order of their first moves", () => {
    const moves = intended([begin, intent("1"), intent("2"), intent("1")]);
    expect(moves.map(({ tag }) => tag)).toEqual(["1", "2"]);
  });
});
