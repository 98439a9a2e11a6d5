import { beforeAll, describe, expect, test } from "vitest";
import { parsePlatform } from "../../src/oci/platform.ts";
import { SCENARIOS } from "../../src/verify/behaviour.ts";
import { type VerifyResult, verifyImage } from "../../src/verify/verify.ts";
import { failureOf } from "../failure.ts";
import { only, PROMISED, withConfig } from "./check-image.ts";
import {
  AMD64,
  ARM64,
  type Changes,
  compilePrograms,
  type Json,
  makeImage,
  STAMP,
} from "./made-image.ts";
import { describeWithProbe } from "./needs-probe.ts";

let programs: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  programs = await compilePrograms();
});

/** No probe: what behaviour would have been tried is then seen as "not tried". */
const probe = { loaded: false, reason: "there is none" } as const;

function verify(changes: Changes = {}, options: Parameters<typeof verifyImage>[2] = {}) {
  const { source, root } = makeImage(programs, changes);
  return verifyImage(source, root, { ...PROMISED, probe, ...options });
}

const behaviourOf = (results: readonly VerifyResult[], subject: string) =>
  results.filter((one) => one.part === "behaviour" && one.subject === subject);
const reasonsOf = (results: readonly VerifyResult[]) => [
  ...new Set(results.map(({ status, evidence }) => `${status}: ${evidence}`)),
];

describe("verifyImage", () => {
  test("gives structure and then behaviour, and tells each as it ends", async () => {
    const seen: VerifyResult[] = [];
    const results = await verify({}, { jobs: 1, onResult: (result) => seen.push(result) });
    expect(seen).toEqual(results);
    expect(results.map(({ part }) => part).join("")).toMatch(/^(structure)+(behaviour)+$/);
    for (const name of [AMD64, ARM64]) {
      const tried = behaviourOf(results, name);
      expect(tried.map(({ check }) => check)).toEqual(SCENARIOS.map(({ check }) => check));
      expect(reasonsOf(tried)).toEqual(["not tried: there is none"]);
    }
  });

  test("runs nothing when it shall not", async () => {
    const results = await verify({}, { behaviour: false });
    expect(results.every(({ part, status }) => part === "structure" && status === "passed")).toBe(
      true,
    );
  });

  test("looks at the platforms that were asked for, arm64 with and without its variant", async () => {
    const platforms = [parsePlatform("linux/arm64/v8")];
    const results = await verify({}, { platforms });
    expect([...new Set(results.map(({ subject }) => subject))]).toEqual(["index", ARM64]);
  });

  test("says which platforms there are when one is not", async () => {
    const failure = await failureOf(verify({}, { platforms: [parsePlatform("linux/s390x")] }));
    expect(failure.code).toBe("NOT_FOUND");
    expect(failure.message).toBe('The image has no "linux/s390x"');
    expect(failure.hint).toBe(`It has ${AMD64}, ${ARM64}`);
  });

  test("takes the manifest of one platform", async () => {
    const { source, images } = makeImage(programs);
    const results = await verifyImage(source, images[0]!.child, { ...PROMISED, probe });
    expect(new Set(results.map(({ subject }) => subject))).toEqual(new Set([AMD64]));
    expect(behaviourOf(results, AMD64)).toHaveLength(SCENARIOS.length);
  });

  test("does not run a program for another CPU under the right name", async () => {
    const results = await verify({ program: () => programs.get(ARM64) as Uint8Array });
    expect(reasonsOf(behaviourOf(results, AMD64))).toEqual([
      `not tried: The image is not run: its program is not one for ${AMD64}`,
    ]);
    expect(results.find((one) => one.subject === AMD64 && one.check === "binary")?.status).toBe(
      "failed",
    );
  });

  test.each<[string, Changes, RegExp]>([
    ["a layer that is no gzip", { layer: (tar) => tar }, /Cannot decompress the layer/],
    [
      "an entry point that is not in the layer",
      { config: withConfig({ Entrypoint: ["/init"] }) },
      /its layer does not hold \/init/,
    ],
    ["no entry point", { config: withConfig({ Entrypoint: [] }) }, /does not hold a program/],
    ["a program that is none", { program: () => Buffer.from("text") }, /not a sound ELF file/],
    ["a config that is none", { config: () => [] }, /the image config/],
  ])("does not run %s, and says why", async (_, changes, reason) => {
    const results = await verify(changes);
    for (const name of [AMD64, ARM64]) {
      const tried = behaviourOf(results, name);
      expect(tried).toHaveLength(SCENARIOS.length);
      expect(reasonsOf(tried)).toEqual([expect.stringMatching(reason)]);
      expect(reasonsOf(tried)[0]).toMatch(/^not tried: /);
    }
    expect(results.some(({ status }) => status === "failed")).toBe(true);
  });

  test("runs a platform that is listed twice once", async () => {
    const index = (index: Json) => ({
      ...index,
      manifests: Array(900).fill((index.manifests as Json[])[0]),
    });
    const results = await verify({ index });
    expect(results.filter(({ part }) => part === "behaviour")).toHaveLength(SCENARIOS.length);
  });

  test("has structure only of what is neither index nor manifest, or cannot be read", async () => {
    const [result, ...others] = await verify({ index: () => ({ schemaVersion: 1 }) });
    expect(others).toEqual([]);
    expect(result).toMatchObject({ subject: "index", part: "structure", status: "failed" });
  });

  test("throws the reason of the signal", async () => {
    const reason = new Error("enough");
    await expect(verify({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

await describeWithProbe("verifyImage", () => {
  const here = process.arch === "x64" ? AMD64 : ARM64;

  test("runs what is sound, with the stamp that was promised", async () => {
    const platforms = [parsePlatform(here)];
    const { source, root } = makeImage(programs);
    const results = await verifyImage(source, root, { ...PROMISED, platforms });
    expect(results.filter(({ status }) => status !== "passed")).toEqual([]);
    const version = results.find(({ check }) => check === "-v as PID 1");
    expect(version?.evidence).toContain(STAMP);
  }, 60_000);

  test("runs as the user of the config", async () => {
    const platforms = [parsePlatform(here)];
    const changes = { config: only(here, withConfig({ User: "0" })) };
    const { source, root } = makeImage(programs, changes as Changes);
    const results = await verifyImage(source, root, { ...PROMISED, platforms });
    const failed = results.filter(({ status }) => status === "failed");
    expect(failed.map(({ check, part }) => `${part}: ${check}`)).toEqual(["structure: user"]);
  }, 60_000);
});
