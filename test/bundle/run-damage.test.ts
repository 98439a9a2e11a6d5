/** A script that is cut short or altered refuses before it does anything. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { environment } from "../runtime/command.ts";
import { describeWith } from "../runtime/needs.ts";
import { makeRunFile, type RunFile, runCommand, SHELL_PROGRAMS, SHELLS } from "./run-shells.ts";

let base: string;
let made: RunFile;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  made = await makeRunFile(base);
}, 120_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** What a shell makes of some bytes: everything that could be seen of it. */
async function outcomeOf(shell: readonly string[], bytes: Uint8Array, slot: number) {
  const folder = join(base, `slot-${slot}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "here"), { recursive: true });
  mkdirSync(join(folder, "tmp"));
  writeFileSync(join(folder, "x.run"), bytes);
  const { code, stdout } = await runCommand([...shell, "../x.run", "--extract", "out"], {
    cwd: join(folder, "here"),
    env: environment({ TMPDIR: join(folder, "tmp") }),
  });
  const here = join(folder, "here");
  // Where a byte becomes ">", the shell itself may open a file before it knows that the word before it is no command: an empty one.
  const isEmptyFile = (name: string) => {
    const found = statSync(join(here, name));
    return found.isFile() && found.size === 0;
  };
  const left = [
    ...readdirSync(here).filter((name) => !isEmptyFile(name)),
    ...readdirSync(join(folder, "tmp")),
  ];
  return { failed: code > 0, stdout, left };
}

/** Tries many, some at a time; each is told by its name when it does anything. */
async function refuses(
  trials: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  shells: readonly (readonly string[])[],
): Promise<readonly string[]> {
  const acted: string[] = [];
  let next = 0;
  const work = async (slot: number) => {
    for (let at = next++; at < trials.length; at = next++) {
      const trial = trials[at]!;
      const shell = shells[at % shells.length]!;
      const { failed, stdout, left } = await outcomeOf(shell, trial.bytes, slot);
      if (!failed || stdout !== "" || left.length > 0) {
        acted.push(
          `${trial.name} under ${shell.join(" ")}: ${JSON.stringify({ failed, stdout, left })}`,
        );
      }
    }
  };
  await Promise.all([0, 1, 2, 3].map(work));
  return acted;
}

/** A sequence that is the same in every run. */
function* random(seed: number): Generator<number> {
  let state = seed >>> 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

describeWith({ programs: SHELL_PROGRAMS }, "a damaged script", () => {
  test("whole, it works: else the rest would prove nothing", async () => {
    for (const shell of SHELLS) {
      expect(await outcomeOf(shell, made.bytes, 9)).toMatchObject({ failed: false, left: ["out"] });
    }
  });

  test("is refused wherever it is cut", { timeout: 120_000 }, async () => {
    const { bytes } = made;
    const lines = [...bytes.keys()].filter((at) => bytes[at] === 10);
    // Line ends and the bytes beside them, spread over the file, and even steps; the first ten bytes alone are no command at all.
    const ends = lines.filter((_, index) => index % 9 === 0 || index > lines.length - 12);
    const steps = Array.from({ length: 200 }, (_, index) =>
      Math.floor((index * bytes.length) / 200),
    );
    const cuts = [...new Set([...ends, ...ends.map((at) => at + 1), ...steps, bytes.length - 1])];
    const trials = cuts
      .filter((at) => at > 10 && at < bytes.length)
      .map((at) => ({ name: `cut at ${at}`, bytes: bytes.subarray(0, at) }));
    expect(trials.length).toBeGreaterThan(400);
    expect(await refuses(trials, SHELLS)).toEqual([]);
  });

  test("cut within its first line there is no command in it, so a shell does nothing", async () => {
    for (const shell of SHELLS) {
      const { stdout, left } = await outcomeOf(shell, made.bytes.subarray(0, 10), 9);
      expect({ stdout, left }).toEqual({ stdout: "", left: [] });
    }
  });

  test("is refused whichever byte is another", { timeout: 120_000 }, async () => {
    const { bytes } = made;
    const dice = random(20261128);
    const roll = (below: number) => Math.floor((dice.next().value as number) * below);
    const text = Buffer.from(bytes).toString("latin1");
    // Half of them where the shell runs what it reads: around the body and the payload.
    const outer = [
      ...Array.from({ length: text.indexOf("/hiatus/body'\n") }, (_, at) => at),
      ...Array.from(
        { length: text.length - text.lastIndexOf("\n/hiatus/payload\n") },
        (_, at) => text.lastIndexOf("\n/hiatus/payload\n") + at,
      ),
    ];
    const meaning = Buffer.from("#'\"`$(){};&|<>\\ \n*=:!01ax");
    const trials = Array.from({ length: 1000 }, (_, index) => {
      const at = index % 2 === 0 ? roll(bytes.length) : outer[roll(outer.length)]!;
      const byte = index % 3 === 0 ? bytes[at]! ^ (1 << roll(7)) : meaning[roll(meaning.length)]!;
      const altered = Uint8Array.from(bytes);
      altered[at] = byte === bytes[at] ? byte ^ 1 : byte;
      return { name: `byte ${at} as ${altered[at]}`, bytes: altered };
    });
    expect(await refuses(trials, SHELLS)).toEqual([]);
  });

  test("is refused with more behind it, with carriage returns, and with a part of it twice", async () => {
    const text = Buffer.from(made.bytes).toString("latin1");
    const trials = [
      `${text}\n`,
      `${text}echo more\n`,
      text.replaceAll("\n", "\r\n"),
      text.replace(/\n(?=[A-Za-z0-9+/=]{76}\n)/, "\n\n"),
      text + text,
      ` ${text}`,
      text.replace("set -efu", "set -eu "),
    ].map((damaged, index) => ({ name: `damage ${index}`, bytes: Buffer.from(damaged, "latin1") }));
    for (const shell of SHELLS) expect(await refuses(trials, [shell])).toEqual([]);
  });
});
