/**
 * What the suites of the distribution specification write about a run.
 *
 * @module
 */
import { parse } from "yaml";

/** Counts of a run. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Names of those that did not pass. */
  readonly skipped: readonly string[];
  readonly failures: readonly string[];
}

/** Reads a report in JUnit's form, as both suites write one: each test once, with what came of it. */
export function readJunit(xml: string): Counts {
  const counts = { passed: 0, skipped: [] as string[], failures: [] as string[] };
  for (const [, attributes = "", inner = ""] of xml.matchAll(
    /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const attribute = (name: string) =>
      new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
    const status = attribute("status");
    if (
      /<(?:failure|error)\b/.test(inner) ||
      /^(?:fail|error|panic|timed|interr|abort)/i.test(status)
    ) {
      counts.failures.push(attribute("name"));
    } else if (/<skipped\b/.test(inner) || /^(?:skip|pending|disabled)/i.test(status)) {
      counts.skipped.push(attribute("name"));
    } else counts.passed++;
  }
  return { ...counts, failed: counts.failures.length };
}

/**
 * Reads results.yaml of the newer suite: what each API and each kind of data came to.
 *
 * @returns Those that did not come to "Pass", as `name: status`.
 */
export function readResults(yaml: string): readonly string[] {
  const { apis, data } = parse(yaml) as Readonly<Record<"apis" | "data", Record<string, string>>>;
  return [...Object.entries(apis), ...Object.entries(data)]
    .filter(([, status]) => status.toLowerCase() !== "pass")
    .map(([name, status]) => `${name}: ${status}`);
}
