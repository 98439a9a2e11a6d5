import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { HiatusError } from "../../src/errors.ts";
import { checkMirrors } from "../../src/release/check.ts";
import type { MirrorState } from "../../src/release/model.ts";
import { release } from "../../src/release/release.ts";
import { variantFacts } from "../../src/release/report/facts.ts";
import { fromOutside, OUTSIDE_LIMIT } from "../../src/release/report/from-outside.ts";
import { recordEvents } from "../../src/release/report/happened.ts";
import { formatJson } from "../../src/release/report/json.ts";
import { type ReleaseReport, ReleaseReportSchema } from "../../src/release/report/model.ts";
import { reportOf, reportOfCheck, reportOfRollback } from "../../src/release/report/report-of.ts";
import { writeReleaseReport, writeReport } from "../../src/release/report/write.ts";
import { rollback } from "../../src/release/rollback.ts";
import { rememberSecret } from "../../src/remote/credentials/secrets.ts";
import { scratch } from "../folder.ts";
import { memoryMirror, sampleRelease } from "./memory-mirror.ts";
import {
  digestFor,
  type Ending,
  HOSTILE,
  outcomesOf,
  SAMPLES,
  type SampleName,
  sampleOutcome,
  sampleReport,
} from "./report-sample.ts";

const NAMES = Object.keys(SAMPLES) as readonly SampleName[];

/** The only mirror of a release that ended so. */
function only(ending: Ending, result: ReleaseReport["result"] = "failed") {
  const report = sampleReport([sampleOutcome(0, ending)], result as "failed");
  const [mirror] = report.mirrors;
  if (mirror === undefined) throw new Error("there is one");
  return { report, mirror };
}

const commandsOf = ({ next }: ReleaseReport) => next.flatMap(({ command }) => command ?? []);

describe("ReleaseReportSchema", () => {
  const validate = new Ajv2020({ allErrors: true, formats: { "date-time": true } }).compile(
    z.toJSONSchema(ReleaseReportSchema, { io: "input" }),
  );

  test.each(NAMES)(
    "takes the report %s, and so does a validator that knows nothing of us",
    (name) => {
      const value: unknown = JSON.parse(formatJson(SAMPLES[name]()));
      expect(ReleaseReportSchema.parse(value)).toEqual(SAMPLES[name]());
      validate(value);
      expect(validate.errors ?? []).toEqual([]);
    },
  );

  test("refuses a field that it does not know, so that nothing gets in by accident", () => {
    const { success } = ReleaseReportSchema.safeParse({ ...SAMPLES.one(), password: "x" });
    expect(success).toBe(false);
  });
});

describe("reportOf", () => {
  test("tells what became of a mirror whose tag was refused: that tag is the old or the new", () => {
    const { mirror } = only("refused");
    expect(mirror.tags.map(({ planned, result, after }) => [planned, result, after])).toEqual([
      ["create", "created", digestFor("index oci")],
      ["move", "failed", null],
      ["move", "not moved", digestFor("old")],
    ]);
  });

  test("does not take a raced tag's neighbour for a failed one", () => {
    const { mirror } = only("raced");
    expect(mirror.tags.map(({ result }) => result)).toEqual(["created", "raced", "not moved"]);
  });

  test("lists the tags of a mirror that could not be looked at", () => {
    const { mirror } = only("unreachable");
    expect(mirror.tags.map(({ tag, planned, result }) => [tag, planned, result])).toEqual([
      ["3.10.2", null, "not moved"],
      ["3.10", null, "not moved"],
      ["3", null, "not moved"],
    ]);
  });

  test.each([
    ["released", "released", "proven"],
    ["bare", "released", "proven"],
    ["staged", "staged", "proven"],
    ["unchanged", "unchanged", "present"],
    ["refused", "failed", "proven"],
    ["broken", "failed", "unproven"],
    ["unreachable", "failed", "unknown"],
    ["planned", "planned", "unknown"],
  ] as const)(
    "of a mirror that is %s after %s, knows platforms to be %s",
    (ending, result, state) => {
      const { platforms } = only(ending, result).mirror;
      expect([...new Set(platforms.map((one) => one.state))]).toEqual([state]);
      expect(platforms).toHaveLength(11);
    },
  );

  test("names the one platform that a failure names", () => {
    const message = `Content of ${digestFor("linux/s390x oci")} has another digest`;
    const outcome = sampleOutcome(0, "refused", {}, message);
    const [mirror] = sampleReport([outcome], "failed").mirrors;
    const wrong = mirror?.platforms.filter(({ state }) => state === "unproven");
    expect(wrong).toEqual([{ platform: "linux/s390x", state: "unproven" }]);
  });

  test("has no times but durations when nobody listened: no tag moves before all is read back", () => {
    const { mirrors, phases } = SAMPLES.failed();
    const spans = (phase: string) =>
      mirrors.flatMap((one) => one.phases.filter((span) => span.phase === phase));
    const lastRead = Math.max(...spans("read-back").map(({ end }) => end));
    expect(spans("tags").every(({ begin }) => begin >= lastRead)).toBe(true);
    const lastLook = Math.max(...spans("preflight").map(({ end }) => end));
    expect(spans("stage").every(({ begin }) => begin === lastLook)).toBe(true);
    expect(phases.map(({ phase }) => phase)).toEqual(["preflight", "stage", "read-back", "tags"]);
  });

  test("says what to do next, and nothing when all is well", () => {
    expect(SAMPLES.one().next).toEqual([]);
    expect(SAMPLES.unchanged().next).toEqual([]);
    expect(commandsOf(SAMPLES.failed())).toEqual([
      "hiatus release --resume",
      "hiatus release --rollback",
    ]);
    expect(commandsOf(SAMPLES.ten())).toEqual(["hiatus repair"]);
    expect(commandsOf(SAMPLES.planned())).toEqual(["hiatus release --yes"]);
    expect(commandsOf(SAMPLES.staged())).toEqual(["hiatus release --yes"]);
    expect(commandsOf(SAMPLES.drifted())).toEqual(["hiatus repair", "hiatus check"]);
    expect(commandsOf(SAMPLES.rollback())).toEqual(["hiatus release --rollback"]);
    expect(SAMPLES.same().next).toEqual([]);
    // Nothing was begun, so there is nothing to go on with.
    expect(commandsOf(only("unreachable").report)).toEqual(["hiatus release"]);
  });

  test("shows no credential, no reference to one, and no proxy", () => {
    for (const name of NAMES) {
      const text = formatJson(SAMPLES[name]());
      for (const secret of ["THE_USER", "THE_PASSWORD", "hunter2", "proxy"]) {
        expect(text).not.toContain(secret);
      }
    }
  });
});

describe("fromOutside", () => {
  test("takes out what this process sent, users in URLs and tokens, wherever they stand", () => {
    rememberSecret("correct-horse-battery");
    const text =
      "no correct-horse-battery; http://user:hunter2@h/p; Bearer abcdefghijklmnopqrstuvwxyz";
    expect(fromOutside(text)).toBe("no ***; http://***@h/p; Bearer ***");
  });

  test("leaves what is no secret: an address with a digest, a word after basic", () => {
    const text = `ghcr.io/x/pause@${digestFor("x")} wants basic authentication at https://h:5000/a@b`;
    expect(fromOutside(text)).toBe(text);
  });

  test("is cut, and never within a character", () => {
    const cut = fromOutside("😀".repeat(5000));
    expect(cut.length).toBeLessThanOrEqual(OUTSIDE_LIMIT);
    expect(cut).toMatch(/^(?:😀)+…$/u);
  });
});

describe("recordEvents", () => {
  test("keeps when each phase of each mirror ran, and every warning", () => {
    let now = 1000;
    const recorder = recordEvents({ started: new Date(0), clock: () => now });
    const event = (mirror: string, phase: "preflight" | "stage", state: "begin" | "done") =>
      recorder.onEvent({ type: "mirror", mirror, phase, state });
    event("a", "preflight", "begin");
    now += 5;
    event("b", "preflight", "begin");
    event("a", "preflight", "done");
    event("a", "stage", "begin");
    now += 20;
    event("b", "preflight", "done");
    recorder.onEvent({ type: "warning", mirror: "b", message: "slow" });
    const { started, milliseconds, phases, mirrors, warnings } = recorder.happened();
    expect([started, milliseconds]).toEqual(["1970-01-01T00:00:00.000Z", 25]);
    expect(phases).toEqual([
      { phase: "preflight", begin: 0, end: 25 },
      { phase: "stage", begin: 5, end: 25 },
    ]);
    // What has not ended ends now.
    expect(mirrors.get("a")).toEqual([
      { phase: "preflight", begin: 0, end: 5 },
      { phase: "stage", begin: 5, end: 25 },
    ]);
    expect(mirrors.get("b")).toEqual([{ phase: "preflight", begin: 5, end: 25 }]);
    expect(warnings).toEqual([{ mirror: "b", message: "slow", hint: null }]);
  });
});

describe("a report of what really happened", () => {
  test("follows a release from its plan over a failure to its end, and back", async () => {
    const { image, content } = await sampleRelease();
    const journal = join(scratch(), "journal.ndjson");
    const mirrors = ["a", "b"].map((name) => memoryMirror(name));
    const [a, b] = mirrors as [ReturnType<typeof memoryMirror>, ReturnType<typeof memoryMirror>];
    b.before = (write) => {
      if (write.startsWith("tag 1 ")) throw new HiatusError("REGISTRY", "no", { hint: "Ask" });
    };
    const variants = await Promise.all(image.variants.map((one) => variantFacts(one)));
    const attempt = async () => {
      const recorder = recordEvents();
      let plan: readonly MirrorState[] = [];
      const result = await release(image, mirrors, {
        journal,
        onEvent: recorder.onEvent,
        onPlan: (states) => {
          plan = states;
        },
      });
      const happened = recorder.happened();
      return ReleaseReportSchema.parse(reportOf(result, { hiatus: "0", variants, happened, plan }));
    };
    const failed = await attempt();
    expect(failed).toMatchObject({ result: "failed", journal });
    expect(failed.variants[0]?.platforms.map(({ platform }) => platform)).toEqual([
      "linux/amd64",
      "linux/arm/v7",
    ]);
    expect(failed.variants[0]?.attachments).toMatchObject([
      {
        artifactType: "application/vnd.example.signature",
        subject: content.index.descriptor.digest,
      },
    ]);
    expect(failed.mirrors[1]?.tags.map(({ result }) => result)).toEqual(["created", "failed"]);
    expect(failed.mirrors[1]?.phases.map(({ phase }) => phase)).toEqual([
      "preflight",
      "stage",
      "read-back",
      "tags",
    ]);

    b.before = () => undefined;
    const whole = await attempt();
    expect(whole).toMatchObject({ result: "released", journal: null, next: [] });
    expect(whole.mirrors.map(({ result }) => result)).toEqual(["unchanged", "released"]);

    const recorder = recordEvents();
    const checks = await checkMirrors(image, mirrors, { deep: true, onEvent: recorder.onEvent });
    const context = { hiatus: "0", variants, happened: recorder.happened() };
    const same = ReleaseReportSchema.parse(
      reportOfCheck(image, checks, { ...context, deep: true }),
    );
    expect(same.result).toBe("same");
    expect(same.mirrors[0]?.platforms.map(({ state }) => state)).toEqual(["proven", "proven"]);

    const [, child] = content.manifests;
    if (child !== undefined) await a.memory.delete(child.descriptor);
    await a.memory.untag("1");
    const drifted = reportOfCheck(image, await checkMirrors(image, mirrors), context);
    expect(drifted.result).toBe("drifted");
    expect(drifted.mirrors[0]?.platforms.map(({ state }) => state)).toEqual(["present", "drifted"]);
    expect(drifted.mirrors[0]?.tags.map(({ result, after }) => [result, after])).toEqual([
      ["same", content.index.descriptor.digest],
      ["drifted", null],
    ]);

    const back = await rollback(mirrors, { journal });
    const given = mirrors.map(({ mirror }) => mirror);
    const report = ReleaseReportSchema.parse(reportOfRollback(back, given, journal, context));
    expect(report).toMatchObject({ kind: "rollback", result: "rolled back", journal: null });
    expect(report.mirrors.find(({ name }) => name === "b")?.tags).toMatchObject([
      { tag: "1", planned: "restore", after: null, result: "restored" },
      { tag: "1.0", planned: "restore", after: null, result: "restored" },
    ]);
  });
});

describe("writeReport", () => {
  test("writes three files with mode 0644 over older ones, and the same bytes for the same report", async () => {
    const folder = join(scratch(), "dist", "report");
    const mask = process.umask(0o077);
    try {
      await writeReport(folder, SAMPLES.one());
      const paths = await writeReport(folder, SAMPLES.failed());
      expect(readdirSync(folder).sort()).toEqual(["index.html", "report.json", "summary.md"]);
      const read = () => Object.values(paths).map((path) => readFileSync(path, "utf8"));
      for (const path of Object.values(paths)) expect(statSync(path).mode & 0o777).toBe(0o644);
      const first = read();
      await writeReport(folder, SAMPLES.failed());
      expect(read()).toEqual(first);
    } finally {
      process.umask(mask);
    }
  });

  test("says which folder cannot be made", async () => {
    const file = join(scratch(), "file");
    writeFileSync(file, "");
    const writing = writeReport(join(file, "report"), SAMPLES.one());
    await expect(writing).rejects.toMatchObject({
      code: "IO",
      message: expect.stringContaining(file),
    });
  });

  test("makes the report of a release by itself", async () => {
    const { image } = await sampleRelease();
    const journal = join(scratch(), "journal.ndjson");
    const result = await release(image, [memoryMirror("a")], { journal });
    const page = await writeReleaseReport(join(scratch(), "r"), result, image);
    const json = readFileSync(join(page, "..", "report.json"), "utf8");
    const report = ReleaseReportSchema.parse(JSON.parse(json));
    expect(report.hiatus).toMatch(/^\d+\.\d+\.\d+/);
    expect(report.variants[0]?.platforms).toHaveLength(2);
    expect(report.started).toBe(result.started);
  });
});

describe("formatJson", () => {
  test("writes nothing that steers a terminal, and reads back as it was", () => {
    const text = formatJson(SAMPLES.hostile());
    expect(text).toMatch(/^[^\p{C}\u2028\u2029]*$/mu);
    for (const character of ["\u001b", "\u202e"]) expect(text).not.toContain(character);
    expect(JSON.parse(text)).toEqual(SAMPLES.hostile());
    expect(text).toContain("\\u202e");
    expect(SAMPLES.hostile().mirrors[0]?.failures[0]?.message).toBe(HOSTILE);
  });

  test("keeps the order of the mirrors file", () => {
    const names = outcomesOf(10, {}, "released").map(({ mirror }) => mirror.name);
    expect(SAMPLES.failed().mirrors.map(({ name }) => name)).toEqual(names);
  });
});
