/**
 * A releaser that kills itself at a write of its journal, for kills.test.ts:
 *
 *   node killed-releaser.mjs JOURNAL AT SIDE NAME=HOST...
 *
 * AT is the number of the write, SIDE is before, torn or after; "never" as AT lets it live. KILLED_REPOSITORY names another
 * repository than the usual one.
 */
import { appendFileSync } from "node:fs";
import { type Journal, openJournal } from "../../../src/release/journal.ts";
import { openMirrors } from "../../../src/release/open-mirror.ts";
import { release } from "../../../src/release/release.ts";
import { sampleRelease } from "../memory-mirror.ts";
import { CREDENTIALS, mirrorAt } from "./mirror-at.ts";

const [path = "", at = "", side = "", ...hosts] = process.argv.slice(2);

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal comes before the call returns; nothing may run on should it not.
  for (;;);
}

function mortal(journal: Journal): Journal {
  let left = at === "never" ? Number.POSITIVE_INFINITY : Number(at);
  return {
    path: journal.path,
    records: journal.records,
    append(record) {
      if (left === 0 && side === "torn") appendFileSync(path, JSON.stringify(record).slice(0, 20));
      if (left === 0 && side !== "after") die();
      journal.append(record);
      if (left-- === 0) die();
    },
    flush: journal.flush,
    close: journal.close,
  };
}

const { image } = await sampleRelease("new");
const mirrors = hosts.map((text) => {
  const [name = "", host = ""] = text.split("=");
  const repository = process.env.KILLED_REPOSITORY;
  return mirrorAt(name, host, repository === undefined ? {} : { repository });
});
const result = await release(image, await openMirrors(mirrors, { env: CREDENTIALS }), {
  journal: path,
  confirm: async () => true,
  open: (file) => mortal(openJournal(file)),
});
process.stdout.write(`${result.result}\n`);
