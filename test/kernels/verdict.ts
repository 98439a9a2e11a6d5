/**
 * From what the guest wrote on the console to what holds. The guest tells facts (test/kernels/guest/init.c); this judges.
 *
 * @module
 */
import { type Facts, numberIn, readFacts, type Status, statusOf } from "./facts.ts";

/** One thing that must hold. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  /** What was seen instead; empty when it holds. */
  readonly evidence: string;
}

/** What became of pause on one kernel. */
export interface Verdict {
  /** `uname -r`; empty when the kernel did not come so far as to start our first program. */
  readonly release: string;
  /** Bytes of a page of memory; NaN when that is not known. */
  readonly pageSize: number;
  readonly orphans: number;
  /** The most zombies that were seen once pause was ready; NaN when nobody looked. */
  readonly zombies: number;
  /** How often PID 1 of the kernel ran while it had orphans and signals; NaN when that is not known. */
  readonly switches: number;
  /** How PID 1 of the kernel ended, by the kernel's last words: `0`, `signal 15`; empty when it did not. */
  readonly exit: string;
  readonly checks: readonly Check[];
}

/** Signals as the CPU under test numbers and counts them (arch/<cpu>/include/uapi/asm/signal.h). */
interface Signals {
  readonly count: number;
  readonly child: number;
  readonly stop: number;
}

const SIGNALS: Signals = { count: 64, child: 17, stop: 19 };
const SIGNALS_OF_MIPS: Signals = { count: 128, child: 18, stop: 23 };
const [INT, KILL, TERM] = [2, 9, 15];

const USER = "65535";
const SCANS = ["drained", "storm-scan", "dead-scan", "signals-scan", "last-scan"];
const SCANS_OF_NAMESPACE = ["ns-drained", "ns-storm-scan", "ns-stopped-scan"];

/**
 * Judges what a boot said.
 *
 * @param stamp - What `pause -v` must print after its name.
 */
export function judge(text: string, platform: string, stamp: string): Verdict {
  const facts = readFacts(text);
  const signals = platform.startsWith("linux/mips") ? SIGNALS_OF_MIPS : SIGNALS;
  const exit = endOf(/Attempted to kill init! exitcode=0x([0-9a-f]{8})/.exec(text)?.[1]);
  const zombies = [...SCANS, ...SCANS_OF_NAMESPACE]
    .flatMap((name) => facts.all(name))
    .map((said) => numberIn(said, "zombies"))
    .filter(Number.isInteger);
  const ready = statusOf(facts.first("ready"));
  const last = statusOf(facts.first("after-signals"));
  const made = ["storm", "dead", "storm-again", "ns-storm", "ns-stopped-storm", "ns-stopped-dead"];
  return {
    release: facts.first("kernel").replaceAll("|", ""),
    pageSize: Number(facts.first("page-size") || Number.NaN),
    orphans: made
      .flatMap((name) => facts.all(name))
      .reduce((sum, said) => sum + (numberIn(said, "made") || 0), 0),
    zombies: zombies.length === 0 ? Number.NaN : Math.max(...zombies),
    switches: last.switches - ready.switches,
    exit,
    checks: [
      ...checkInit(facts, signals, ready, last),
      ...checkChild(facts, signals, stamp),
      ...checkNamespace(facts, signals, 0, "0", "ns-term", "Terminated"),
      ...checkNamespace(facts, signals, 1, USER, "ns-int", "Interrupt"),
      equal("all facts came", facts.all("end").length, 1),
      equal("SIGTERM ends PID 1 of the kernel with exit code 0", exit, "0"),
    ],
  };
}

/** What the kernel calls exit code is the status of wait(2). */
function endOf(status: string | undefined): string {
  if (status === undefined) return "";
  const number = Number.parseInt(status, 16);
  return (number & 127) === 0 ? `${number >> 8}` : `signal ${number & 127}`;
}

function checkInit(facts: Facts, signals: Signals, ready: Status, last: Status): Check[] {
  const after = statusOf(facts.first("after-orphans"));
  return [
    equal("there are zombies before pause", numberIn(facts.first("before"), "zombies"), 3),
    ...checkReady("PID 1", ready, signals, "0"),
    made(facts, "storm", 0, 5000),
    made(facts, "dead", 0, 500),
    made(facts, "storm-again", 0, 100),
    ...SCANS.map((name) => noZombie(facts, name, 0)),
    equal("orphans do not wake PID 1", after.switches - ready.switches, 0),
    equal("PID 1 sleeps on after every other signal", last.state, "S"),
    equal("other signals do not wake PID 1", last.switches - after.switches, 0),
  ];
}

function checkChild(facts: Facts, signals: Signals, stamp: string): Check[] {
  const warning = "Warning: pause should be the first process";
  return [
    equal("-v prints the version", facts.first("version"), `0x0 pause.c ${stamp}|`),
    ...checkReady(
      "a process that is not PID 1",
      statusOf(facts.first("child-ready")),
      signals,
      USER,
    ),
    equal(
      "a process that is not PID 1 warns, and ends by SIGTERM",
      facts.first("child"),
      `0x0 ${warning}|Shutting down, got signal: Terminated|`,
    ),
  ];
}

function checkNamespace(
  facts: Facts,
  signals: Signals,
  position: number,
  user: string,
  end: string,
  signal: string,
): Check[] {
  const status = (name: string) => statusOf(facts.all(name)[position] ?? "");
  const who = `PID 1 of a namespace as user ${user}`;
  const ready = status("ns-ready");
  const stopped = status("ns-stopped");
  return [
    ...checkReady(who, ready, signals, user),
    made(facts, "ns-storm", position, 1000),
    made(facts, "ns-stopped-storm", position, 500),
    made(facts, "ns-stopped-dead", position, 100),
    ...SCANS_OF_NAMESPACE.map((name) => noZombie(facts, name, position)),
    equal(`${who} can be stopped`, stopped.state, "T"),
    // One for the stop itself, and one to spare for being preempted in it.
    {
      name: `orphans do not wake ${who}`,
      passed: stopped.switches - ready.switches <= 2,
      evidence: `${stopped.switches - ready.switches} switches`,
    },
    equal(`${who} sleeps on after SIGCONT`, status("ns-continued").state, "S"),
    equal(`${who} ends`, facts.first(end), `0x0 Shutting down, got signal: ${signal}|`),
  ];
}

/** Asleep in rt_sigtimedwait, which unblocks what it waits for. */
function checkReady(who: string, status: Status, signals: Signals, user: string): Check[] {
  const { count, child, stop } = signals;
  const all = (1n << BigInt(count)) - 1n;
  const blocked = all & ~setOf(INT, KILL, TERM, stop);
  return [
    equal(`${who} is pause`, `${status.name} ${status.state}`, "pause S"),
    equal(`${who} runs as user ${user}`, status.users, Array(4).fill(user).join(" ")),
    equal(`${who} ignores SIGCHLD and nothing else`, status.ignored, setOf(child).toString(16)),
    equal(`${who} has no handler`, status.caught, "0"),
    equal(`${who} blocks the other signals`, status.blocked, blocked.toString(16)),
  ];
}

function setOf(...signals: readonly number[]): bigint {
  return signals.reduce((set, signal) => set | (1n << BigInt(signal - 1)), 0n);
}

function made(facts: Facts, name: string, position: number, count: number): Check {
  const said = facts.all(name)[position] ?? "";
  return equal(
    `${nameOf(name, position)}: the orphans were made`,
    said,
    `0x0 orphans made=${count} failed=0|`,
  );
}

function noZombie(facts: Facts, name: string, position: number): Check {
  const zombies = numberIn(facts.all(name)[position] ?? "", "zombies");
  return equal(`${nameOf(name, position)}: no zombie`, zombies, 0);
}

function nameOf(name: string, position: number): string {
  return position === 0 ? name : `${name}, the second time`;
}

function equal<T extends string | number | undefined>(name: string, found: T, expected: T): Check {
  const passed = Object.is(found, expected);
  const evidence = passed ? "" : `${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`;
  return { name, passed, evidence };
}
