/**
 * The journal of a release: what was there before, what is about to be done, and what was seen to be done. A line a record,
 * flushed to the disk before the deed it speaks of. The registry is the truth and the journal a hint: it tells where to look,
 * and holds what a roll-back puts back.
 *
 * @module
 */
import { closeSync, fsync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { HiatusError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { type JournalRecord, parseRecord } from "./journal-record.ts";

export type { JournalRecord } from "./journal-record.ts";

/** A journal, open for writing. */
export interface Journal {
  readonly path: string;
  /** What was there when it was opened, and what was written since. */
  readonly records: readonly JournalRecord[];
  /** Writes a record. The death of this process does not take it away any more; a power cut does until it is flushed. */
  append(record: JournalRecord): void;
  /** When this resolves, everything appended before it was called is on the disk. Those who wait together wait for one flush. */
  flush(): Promise<void>;
  /** Flushes what is left. */
  close(): void;
}

/**
 * Opens a journal, made with its first record. What a crash left of a last line is cut off by the next line's beginning.
 *
 * @throws HiatusError `IO` when it cannot be written, `CONFIG` when it is damaged elsewhere than in its last line.
 */
export function openJournal(path: string): Journal {
  const before = readText(path);
  const records = [...parseJournal(before ?? "", path)];
  // A torn line has no end; what follows must not become a part of it.
  let start = before === undefined || before === "" || before.endsWith("\n") ? "" : "\n";
  let file: number | undefined;
  let broken: HiatusError | undefined;
  let isFlushed = true;
  let flushing: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const fail = (error: unknown): HiatusError => {
    broken = unwritable(path, error);
    return broken;
  };
  const flushNow = async (): Promise<void> => {
    if (broken !== undefined) throw broken;
    if (file === undefined || isFlushed) return;
    isFlushed = true;
    try {
      await promisify(fsync)(file);
    } catch (error) {
      throw fail(error);
    }
  };
  const begin = (): Promise<void> => {
    next = undefined;
    flushing = flushNow();
    return flushing;
  };
  const open = (): number => {
    if (file !== undefined) return file;
    mkdirSync(dirname(path), { recursive: true });
    file = openSync(path, "a", 0o600);
    if (before === undefined) syncFolder(dirname(path));
    return file;
  };
  return {
    path,
    records,
    append(record) {
      // After one record that was not written, nobody may do a deed: what follows would stand behind a gap.
      if (broken !== undefined) throw broken;
      try {
        const to = open();
        const line = Buffer.from(`${start}${JSON.stringify(record)}\n`);
        if (writeSync(to, line) !== line.byteLength) throw new Error("only a part was written");
        isFlushed = false;
      } catch (error) {
        throw fail(error);
      }
      start = "";
      records.push(record);
    },
    flush() {
      // One that is under way may have begun before the last line was written.
      next ??= (flushing ?? Promise.resolve()).then(
        () => begin(),
        () => begin(),
      );
      return next;
    },
    close() {
      if (file === undefined) return;
      const open = file;
      file = undefined;
      try {
        if (!isFlushed) fsyncSync(open);
      } catch (error) {
        throw fail(error);
      } finally {
        closeSync(open);
      }
    },
  };
}

/** The records of a journal; undefined when there is none. */
export function readJournal(path: string): readonly JournalRecord[] | undefined {
  const text = readText(path);
  return text === undefined ? undefined : parseJournal(text, path);
}

/** Is there something to go on with: begun, and neither ended nor rolled back? */
export function isUnfinished(records: readonly JournalRecord[]): boolean {
  const last = records.findLast(({ type }) => type === "begin" || type === "end");
  return last?.type === "begin";
}

/** The records of the last release in a journal, from its `begin` on. */
export function lastRelease(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const begin = records.findLastIndex(({ type }) => type === "begin");
  return begin < 0 ? [] : records.slice(begin);
}

/** The records of the release that is under way: none when the last one ended. */
export function unfinishedRelease(records: readonly JournalRecord[]): readonly JournalRecord[] {
  return isUnfinished(records) ? lastRelease(records) : [];
}

/**
 * What a tag named before the release, as its journal holds it; undefined when it does not tell.
 *
 * @param records of one release. Where others moved the tag while the release was stopped, what they left counts.
 */
export function previousOf(
  records: readonly JournalRecord[],
  mirror: string,
  tag: string,
): Extract<JournalRecord, { type: "previous" }> | undefined {
  return records.findLast(
    (record): record is Extract<JournalRecord, { type: "previous" }> =>
      record.type === "previous" && record.mirror === mirror && record.tag === tag,
  );
}

/** Tags that the release may have moved, in the order of the moves: intended, whether it was seen to be done or not. */
export function intended(
  records: readonly JournalRecord[],
): readonly { readonly mirror: string; readonly tag: string; readonly to: Digest }[] {
  const moves = new Map<string, { mirror: string; tag: string; to: Digest }>();
  for (const record of records) {
    if (record.type !== "intent") continue;
    const { mirror, tag, to } = record;
    moves.set(`${mirror} ${tag}`, { mirror, tag, to });
  }
  return [...moves.values()];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unwritable(path, error);
  }
}

function parseJournal(text: string, path: string): readonly JournalRecord[] {
  const lines = text.split("\n");
  // After a whole last line comes nothing; anything else there is a line that a crash tore.
  const torn = lines.pop();
  const records: JournalRecord[] = [];
  lines.forEach((line, at) => {
    if (line === "") return;
    const record = parseRecord(line);
    if (record !== undefined) records.push(record);
    // Torn by one crash, gone on after: the next line stands behind it.
    else if (!isTorn(line)) throw damaged(path, at + 1);
  });
  if (torn !== undefined && torn !== "") {
    const whole = parseRecord(torn);
    if (whole !== undefined) records.push(whole);
  }
  return records;
}

/** Could this be the beginning of a record whose end never came to the disk? */
function isTorn(line: string): boolean {
  try {
    JSON.parse(line);
    return false;
  } catch {
    return line.startsWith("{") || /^\0/.test(line);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function damaged(path: string, line: number): HiatusError {
  return new HiatusError("CONFIG", `The journal "${path}" is damaged in line ${line}`, {
    detail: { path, line },
    hint: "Move it away and run the release again: it looks at every mirror anew",
  });
}

function unwritable(path: string, cause: unknown): HiatusError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new HiatusError("IO", `Cannot write the journal "${path}": ${code ?? message}`, {
    cause,
    detail: { path, code },
    hint: "Make room for it or name another folder with --state; without a journal no tag is moved",
  });
}
