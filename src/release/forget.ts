/**
 * Leaving an unfinished release as it is.
 *
 * @module
 */
import { isUnfinished, openJournal } from "./journal.ts";
import { withJournalLock } from "./journal-lock.ts";
import { now } from "./tags.ts";

/** Ends the unfinished release of a journal without doing anything; the records stay. */
export async function forgetRelease(path: string): Promise<void> {
  await withJournalLock(path, async () => {
    const journal = openJournal(path);
    try {
      if (isUnfinished(journal.records)) {
        journal.append({ ...now(), type: "end", result: "forgotten" });
      }
    } finally {
      journal.close();
    }
  });
}
