/**
 * Two releasers at once, each with its own journal and image, moving the same tags at the same mirrors. `HIATUS_RACES=200` lets
 * them race that often; `HIATUS_SEED` chooses other moments.
 */

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { previousOf, readJournal } from "../../../src/release/journal.ts";
import type { ReleaseResult } from "../../../src/release/model.ts";
import { release } from "../../../src/release/release.ts";
import { type RollbackResult, rollback } from "../../../src/release/rollback.ts";
import { scratch } from "../../folder.ts";
import { sampleRelease } from "../memory-mirror.ts";
import { REPOSITORY } from "./mirror-at.ts";
import { openAll, type RealMirror, realMirror, seed } from "./real-mirror.ts";
import { keepTally } from "./tally.ts";

const RACES = Number(process.env.HIATUS_RACES ?? 8);
const SEED = Number(process.env.HIATUS_SEED ?? 310);
const TAGS = ["1.0", "1"];

const old = await sampleRelease("old");
const images = [await sampleRelease("left"), await sampleRelease("right")] as const;
const digestOf = ({ content }: (typeof images)[number]) => content.index.descriptor.digest;
const ORIGINAL: Readonly<Record<string, string | undefined>> = {
  "1.0": undefined,
  "1": digestOf(old),
};

/** A number from 0 up to 1 each time, the same ones for the same seed. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A tag that changed. */
interface Transition {
  readonly place: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

interface Racer {
  readonly digest: string;
  readonly journal: string;
  result: ReleaseResult | undefined;
  back: RollbackResult | undefined;
}

/**
 * How they meet: one begins at any time until the other one has finished; both begin at once; both look at the first tag before
 * either moves it; or so that one then sleeps until the other has finished.
 */
const KINDS = ["apart", "together", "to the point", "asleep"] as const;

interface Race {
  readonly kind: (typeof KINDS)[number];
  readonly mirrors: readonly RealMirror[];
  readonly racers: readonly [Racer, Racer];
  /** In the order in which they came about. */
  readonly transitions: readonly Transition[];
  now(place: string): string | undefined;
}

/** Lets others go first, so many times: time as a busy and an idle machine have it alike. */
async function turns(count: number): Promise<void> {
  for (let left = count; left >= 1; left--) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until so many have come, each by its own number; once they have, nobody waits any more. */
function rendezvous(many: number): ((who: number) => Promise<void>) & { met: Promise<void> } {
  const here = new Set<number>();
  let open: () => void = () => undefined;
  const met = new Promise<void>((resolve) => {
    open = resolve;
  });
  const come = (who: number): Promise<void> => {
    if (here.add(who).size >= many) open();
    return met;
  };
  return Object.assign(come, { met });
}

const placeOf = (mirror: string, tag: string): string => `${mirror}:${tag}`;

async function race(seedOfRace: number, plain: boolean): Promise<Race> {
  const random = chance(seedOfRace);
  const transitions: Transition[] = [];
  const values = new Map<string, string | undefined>();
  const mirrors: RealMirror[] = [];
  for (const name of ["m0", "m1"]) {
    const one = await realMirror(name, { plain });
    await seed(one, old.content.all, old.content.index, "1");
    for (const tag of TAGS) values.set(placeOf(name, tag), ORIGINAL[tag]);
    const repository = await one.repositories.create(REPOSITORY);
    const [tag, untag] = [repository.tag.bind(repository), repository.untag.bind(repository)];
    const changed = (key: string, to: string | undefined): void => {
      transitions.push({ place: key, from: values.get(key), to });
      values.set(key, to);
    };
    repository.tag = async (descriptor, which, options) => {
      await tag(descriptor, which, options);
      changed(placeOf(name, which), descriptor.digest);
    };
    repository.untag = async (which, options) => {
      await untag(which, options);
      changed(placeOf(name, which), undefined);
    };
    mirrors.push(one);
  }
  const racers = images.map((image) => ({
    digest: digestOf(image),
    journal: join(scratch(), "journal.ndjson"),
    result: undefined,
    back: undefined,
  })) as unknown as Race["racers"];
  const together = rendezvous(racers.length);
  const done = rendezvous(1);
  const kind = KINDS[seedOfRace % KINDS.length] ?? "apart";
  const ahead = kind === "apart" ? random() ** 2 * 600 : 0;
  await Promise.all(
    racers.map(async (racer, at) => {
      const pace = 1 + random() * 6;
      const image = images[at as 0 | 1].image;
      if (at === 1) await turns(ahead);
      const opened = await openAll(mirrors, {
        async before(method, path) {
          const moves = method === "PUT" && path.endsWith("/1.0");
          if (moves && (kind === "to the point" || kind === "asleep")) await together(at);
          if (moves && kind === "asleep" && at === 1) await done.met;
          await turns(random() * pace);
        },
      });
      racer.result = await release(image, opened, {
        journal: racer.journal,
        confirm: async () => true,
      });
      // Nobody waits for who has finished.
      void together(at);
      void done(at);
    }),
  );
  return { kind, mirrors, racers, transitions, now: (key) => values.get(key) };
}

const places = ["m0", "m1"].flatMap((mirror) =>
  TAGS.map((tag) => ({ mirror, tag, place: placeOf(mirror, tag) })),
);

const isReleased = ({ result }: Racer): boolean => result?.result === "released";

function journalOf({ journal }: Racer) {
  return readJournal(journal) ?? [];
}

/** What a racer found under a tag when it began. */
function previous(racer: Racer, mirror: string, tag: string): string | undefined {
  return previousOf(journalOf(racer), mirror, tag)?.digest ?? undefined;
}

/** What a racer says became of a tag. */
function saidOf({ result }: Racer, mirror: string, tag: string): string | undefined {
  const outcome = result?.mirrors.find((one) => one.mirror.name === mirror);
  return outcome?.tags.find((one) => one.tag === tag)?.result;
}

/**
 * Tags that a racer believes to be its own, and that are not: nobody told it, and whoever took the tag did not know either. What
 * was taken knowingly is no loss: its old value stands in the other one's journal.
 */
function lost({ racers, now }: Race): readonly string[] {
  return racers.flatMap((racer, at) => {
    const other = racers[1 - at] as Racer;
    return places.flatMap(({ mirror, tag, place }) => {
      const said = saidOf(racer, mirror, tag);
      if (!isReleased(racer) || (said !== "created" && said !== "moved")) return [];
      if (now(place) === racer.digest || previous(other, mirror, tag) === racer.digest) return [];
      return [place];
    });
  });
}

/** Everybody who failed says which tag somebody else moved, and what to do. */
function expectReported({ racers }: Race, where: string): void {
  for (const { result } of racers) {
    if (result?.result === "released") continue;
    expect(result?.result, where).toBe("failed");
    expect(result?.journal, where).toBeDefined();
    const failures = result?.mirrors.flatMap((one) => one.failures) ?? [];
    expect(
      failures.map(({ code }) => code),
      where,
    ).toContain("RACE");
    for (const { hint } of failures) expect(hint).toMatch(/--resume --yes.*--rollback/);
  }
}

async function takeBack(race: Race, racers: readonly Racer[]): Promise<void> {
  for (const racer of racers) {
    racer.back = await rollback(await openAll(race.mirrors), { journal: racer.journal });
  }
}

/** Every change of a tag was made by somebody who had written down what was there, and what it was to become. */
function expectKnown({ racers, transitions }: Race, since: number, where: string): void {
  for (const { place, from, to } of transitions.slice(since)) {
    const [mirror = "", tag = ""] = place.split(":");
    const known = racers.some((racer) =>
      journalOf(racer).some((record) => {
        if (record.type === "intent" && to === racer.digest) {
          const { from: seen } = record;
          return record.mirror === mirror && record.tag === tag && (seen ?? undefined) === from;
        }
        if (record.type === "restore" && from === racer.digest) {
          return record.mirror === mirror && record.tag === tag && (record.to ?? undefined) === to;
        }
        return false;
      }),
    );
    expect(known, `${where}: ${place} from ${from} to ${to}`).toBe(true);
  }
}

const tally = keepTally("races");
const WON = ["both failed", "one released", "both released, one after the other"] as const;

describe("two releasers at once", () => {
  test("lose nothing of each other where the registry obeys conditions, and tell of every race", async () => {
    for (let round = 0; round < RACES; round++) {
      const where = `race ${SEED + round}`;
      const made = await race(SEED + round, false);
      const { racers, now, transitions } = made;
      expectReported(made, where);
      expectKnown(made, 0, where);
      expect(lost(made), where).toEqual([]);
      for (const { tag, place } of places) {
        expect([ORIGINAL[tag], ...racers.map(({ digest }) => digest)]).toContain(now(place));
      }
      const won = racers.filter(isReleased);
      const row = `conditions obeyed, ${made.kind}`;
      tally.count(row, "races");
      tally.count(row, WON[won.length] ?? "");
      if (won.length < 2) tally.count(row, "told of");

      // Whoever failed takes it back, sometimes in the other order.
      const losers = racers.filter((racer) => !isReleased(racer));
      const before = transitions.length;
      await takeBack(made, round % 2 === 0 ? losers : losers.toReversed());
      expectKnown(made, before, where);
      for (const { mirror, tag, place } of places) {
        const [winner] = won;
        if (won.length === 1) expect(now(place), `${where}: ${place}`).toBe(winner?.digest);
        if (won.length > 0 || now(place) === ORIGINAL[tag]) continue;
        // What is neither the original nor anybody's who was not told.
        const owner = racers.find(({ digest }) => digest === now(place));
        const back = owner?.back?.mirrors.find((one) => one.mirror === mirror);
        const said = back?.tags.find((one) => one.tag === tag)?.result;
        expect(said, `${where}: ${place} names ${now(place)}`).toBe("raced");
        tally.count(row, "tags left behind by two roll-backs, told of");
      }
      if (won.length === 2) await expectOrder(made, where);
    }
  }, 1_200_000);

  test("leave whole images where the registry knows no conditions, and mostly tell", async () => {
    for (let round = 0; round < RACES; round++) {
      const made = await race(SEED + round, true);
      const { racers, now, mirrors } = made;
      for (const { mirror, tag, place } of places) {
        const digest = now(place);
        expect([ORIGINAL[tag], ...racers.map((one) => one.digest)]).toContain(digest);
        const at = mirrors.find(({ name }) => name === mirror);
        if (digest !== undefined) expect(await at?.isWhole(digest)).toBe(true);
      }
      const silent = lost(made);
      if (silent.length === 0) expectReported(made, `race ${SEED + round}`);
      const row = `no conditions, ${made.kind}`;
      const won = racers.filter(isReleased).length;
      tally.count(row, "races");
      tally.count(row, WON[won] ?? "");
      if (won < 2) tally.count(row, "told of");
      if (silent.length > 0) tally.count(row, "covered up, told to nobody");
    }
  }, 1_200_000);
});

/** Both released: one after the other, as the later one's journal says. Each can be taken back as far as it is still there. */
async function expectOrder(made: Race, where: string): Promise<void> {
  const { racers, now } = made;
  const [first] = places;
  const later = racers.find(({ digest }) => digest === now(first?.place ?? "")) as Racer;
  const earlier = racers.find((one) => one !== later) as Racer;
  for (const { mirror, tag, place } of places) {
    expect(now(place), where).toBe(later.digest);
    expect(previous(later, mirror, tag), where).toBe(earlier.digest);
  }
  await takeBack(made, [earlier]);
  expect(earlier.back?.result, where).toBe("failed");
  for (const { place } of places) expect(now(place), where).toBe(later.digest);
  await takeBack(made, [later, earlier]);
  for (const { tag, place } of places) expect(now(place), where).toBe(ORIGINAL[tag]);
  expect(racers.map(({ back }) => back?.result)).toEqual(["rolled back", "rolled back"]);
}
