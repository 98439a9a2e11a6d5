/**
 * The lines that the guest writes: `hiatus NAME TEXT`, line ends inside of the text as `|`.
 *
 * @module
 */

/** What was told, by name, in the order of telling. */
export interface Facts {
  all(name: string): readonly string[];
  /** Empty when nothing was told. */
  first(name: string): string;
}

/** Some lines of /proc/<pid>/status. Sets of signals are hexadecimal without leading zeros. */
export interface Status {
  readonly name: string;
  /** One letter. */
  readonly state: string;
  /** Real, effective, saved and of the filesystem. */
  readonly users: string;
  readonly blocked: string;
  readonly ignored: string;
  readonly caught: string;
  /** Context switches of both kinds; NaN when nothing was told. */
  readonly switches: number;
}

/** Reads a console. Other lines are the kernel's. */
export function readFacts(text: string): Facts {
  const facts = new Map<string, string[]>();
  for (const [, name = "", said = ""] of text.matchAll(/^hiatus (\S+) (.*)$/gm)) {
    facts.set(name, [...(facts.get(name) ?? []), said]);
  }
  const all = (name: string) => facts.get(name) ?? [];
  return { all, first: (name) => all(name)[0] ?? "" };
}

/** Reads what `tell_status` of guest/processes.h wrote. */
export function statusOf(said: string): Status {
  const fields = new Map(
    said.split("|").map((line) => {
      const [key = "", ...value] = line.split(":");
      return [key, value.join(":").trim()];
    }),
  );
  const field = (key: string) => fields.get(key) ?? "";
  const set = (key: string) => field(key).replace(/^0+(?=.)/, "");
  return {
    name: field("Name"),
    state: field("State").slice(0, 1),
    users: field("Uid").split(/\s+/).join(" "),
    blocked: set("SigBlk"),
    ignored: set("SigIgn"),
    caught: set("SigCgt"),
    switches:
      Number.parseInt(field("voluntary_ctxt_switches"), 10) +
      Number.parseInt(field("nonvoluntary_ctxt_switches"), 10),
  };
}

/** The number behind `key=`; NaN when there is none. */
export function numberIn(said: string, key: string): number {
  return Number(new RegExp(`\\b${key}=(\\d+)`).exec(said)?.[1] ?? Number.NaN);
}
