/** A script that is cut short or altered refuses before it does anything. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { environment } from "../runtime/command.ts";
import { describeWith } from "../runtime/needs.ts";
import { makeRunFile, type RunFile, runCommand, SHELL_PROGRAMS, SHELLS } from "./run-shells.ts";

/** Owns nothing but the folder that a script is tried in: an altered one may be any script. */
const NOBODY = 65534;

let base: string;
let made: RunFile;
/** Undefined where this process may not become nobody, or nobody may not enter the folder for temporary files. */
let user: number | undefined;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  chmodSync(base, 0o755);
  user = await runCommand(["ls", base], { cwd: base, user: NOBODY }).then(
    ({ code }) => (code === 0 ? NOBODY : undefined),
    () => undefined,
  );
  made = await makeRunFile(base);
}, 120_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Where the shell runs what it reads: around the body and the payload. */
function outerPart(): readonly number[] {
  const text = Buffer.from(made.bytes).toString("latin1");
  const body = text.indexOf("/hiatus/body'\n");
  const payload = text.lastIndexOf("\n/hiatus/payload\n");
  return [...made.bytes.keys()].filter((at) => at < body || at >= payload);
}

/** What the commands of the outer part say: the script's own text, as it is or unpacked, or a checksum. */
function isSaid(text: string): boolean {
  const script = Buffer.from(made.bytes).toString("latin1");
  const body = /\/hiatus\/body'\n([\s\S]*?)\n\/hiatus\/body/.exec(script)?.[1] ?? "";
  const unpacked = gunzipSync(Buffer.from(body, "base64")).toString("latin1");
  return `${script}${unpacked}`.includes(text.trim()) || /^[0-9a-f]{64} {2}-\n$/.test(text);
}

/** What a shell makes of some bytes: everything that could be seen of it. */
async function outcomeOf(
  shell: readonly string[],
  bytes: Uint8Array,
  slot: number,
  there: readonly string[] = [],
) {
  const folder = join(base, `slot-${slot}`);
  const here = join(folder, "here");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(here, { recursive: true });
  mkdirSync(join(folder, "tmp"));
  writeFileSync(join(folder, "x.run"), bytes);
  for (const name of there) writeFileSync(join(here, name), "mine");
  if (user !== undefined) {
    const all = [here, join(folder, "tmp"), ...there.map((name) => join(here, name))];
    for (const path of all) chownSync(path, user, user);
  }
  const { code, stdout } = await runCommand([...shell, "../x.run", "--extract", "out"], {
    cwd: here,
    env: environment({ TMPDIR: join(folder, "tmp") }),
    user,
  });
  // Where a byte becomes ">", nothing keeps a shell from opening a file by the name of the next word: a new one, and none that was there.
  const left = [
    ...readdirSync(here).filter((name) => {
      const path = join(here, name);
      return there.includes(name)
        ? readFileSync(path, "latin1") !== "mine"
        : !statSync(path).isFile();
    }),
    ...readdirSync(join(folder, "tmp")),
  ];
  return { failed: code > 0, stdout: isSaid(stdout) ? "" : stdout, left };
}

/** A damaged script, and names of files that are there when it is tried. */
interface Trial {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly there?: readonly string[];
}

/** Tries many, some at a time; each is told by its name when it does anything. */
async function refuses(
  trials: readonly Trial[],
  shells: readonly (readonly string[])[],
): Promise<readonly string[]> {
  const acted: string[] = [];
  let next = 0;
  const work = async (slot: number) => {
    for (let at = next++; at < trials.length; at = next++) {
      const trial = trials[at]!;
      const shell = shells[at % shells.length]!;
      const { failed, stdout, left } = await outcomeOf(shell, trial.bytes, slot, trial.there);
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
    const ends = lines.filter((_, index) => index % 4 === 0 || index > lines.length - 12);
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
    // Half of them where the shell runs what it reads.
    const outer = outerPart();
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

  test("touches no file that was there, whichever byte becomes a redirection", {
    timeout: 240_000,
  }, async () => {
    const { bytes } = made;
    // The line that forbids overwriting cannot protect from itself.
    const [from, until] = [bytes.indexOf(0x5c) - 1, bytes.indexOf(0x23, 10)];
    expect(Buffer.from(bytes.subarray(from, until)).toString()).toBe("\n\\set -C\n\n");
    const outer = outerPart().filter((at) => at < from || at >= until);
    const text = Buffer.from(bytes).toString("latin1");
    const trials = outer
      .filter((at) => text[at] !== ">")
      .map((at) => {
        const altered = Uint8Array.from(bytes);
        altered[at] = 0x3e;
        // The words that follow, each of which could be the name of a file.
        const next = text.slice(at + 1, at + 80).split(/[^A-Za-z0-9_.=-]+/);
        const there = next.filter((word) => !["", ".", "..", "out"].includes(word)).slice(0, 4);
        return { name: `">" at ${at}`, bytes: altered, there };
      });
    expect(trials.length).toBeGreaterThan(1000);
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
      text.replace(/(?<=\/hiatus\/body'\n.{40})./, (letter) => (letter === "A" ? "B" : "A")),
    ].map((damaged, index) => ({ name: `damage ${index}`, bytes: Buffer.from(damaged, "latin1") }));
    for (const shell of SHELLS) expect(await refuses(trials, [shell])).toEqual([]);
  });
});
