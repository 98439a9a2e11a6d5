/**
 * A strict reader of Prometheus' text format, for tests.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly types: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

/** Reads the text. @throws Error for what is not allowed, or would be read in more than one way. */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith("\n")) throw new Error("The last line does not end");
  const types: Record<string, string> = {};
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let family = "";
  let helped = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*)$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/.exec(line);
    if (help !== null) {
      helped = help[1] ?? "";
    } else if (type !== null) {
      family = type[1] ?? "";
      if (helped !== family) throw new Error(`${family} has no help before its type`);
      if (family in types) throw new Error(`${family} comes twice`);
      types[family] = type[2] ?? "";
    } else {
      const sample = parseSample(line);
      if (familyOf(sample, types) !== family) throw new Error(`"${line}" is not of ${family}`);
      const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(key)) throw new Error(`"${line}" comes twice`);
      seen.add(key);
      samples.push(sample);
    }
  }
  for (const name of Object.keys(types)) {
    const own = samples.filter((sample) => familyOf(sample, types) === name);
    if (own.length === 0) throw new Error(`${name} has no samples`);
    if (types[name] === "counter" && !name.endsWith("_total"))
      throw new Error(`${name} has no _total`);
    if (types[name] === "histogram") checkHistogram(name, own);
  }
  return { types, samples };
}

function familyOf({ name }: Sample, types: Readonly<Record<string, string>>): string {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  return types[base] === "histogram" ? base : name;
}

function parseSample(line: string): Sample {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (match === null) throw new Error(`"${line}" is no sample`);
  const [, name = "", inside = "", number = ""] = match;
  const labels: Record<string, string> = {};
  let rest = inside;
  while (rest !== "") {
    const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,(?=.)|$)/.exec(rest);
    if (label === null) throw new Error(`"${line}" has no labels at "${rest}"`);
    const [all, key = "", value = ""] = label;
    if (key in labels) throw new Error(`"${line}" has ${key} twice`);
    labels[key] = value.replaceAll(/\\(.)/g, (_, character) =>
      character === "n" ? "\n" : character,
    );
    rest = rest.slice(all.length);
  }
  const value = Number(number);
  if (!/^\d+(\.\d+)?(e[+-]?\d+)?$/.test(number)) throw new Error(`"${number}" is no count`);
  return { name, labels, value };
}

/** Buckets only grow, end with +Inf, and agree with the count. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...others } = sample.labels;
    const key = JSON.stringify(others);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [labels, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le } }) => (le === "+Inf" ? Infinity : Number(le)));
    const sorted = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? 0));
    const grows = buckets.every(({ value }, i) => i === 0 || value >= (buckets[i - 1]?.value ?? 0));
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    const hasSum = group.some((sample) => sample.name === `${name}_sum`);
    if (!sorted || !grows || bounds.at(-1) !== Infinity)
      throw new Error(`${labels} has bad buckets`);
    if (count !== buckets.at(-1)?.value || !hasSum) throw new Error(`${labels} does not add up`);
  }
}
