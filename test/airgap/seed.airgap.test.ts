import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { writeAuthFile } from "../interop/clients/auth-file.ts";
import { expectInRegistry } from "../interop/expect-whole.ts";
import { describeCell } from "../interop/matrix.ts";
import { referrersOf } from "../interop/referrer.ts";
import { hiatusCommand } from "../interop/registries/hiatus.ts";
import type { Registry } from "../interop/registry.ts";
import { columnOf, OURS, scratchFolder, THEIRS, useStage } from "../interop/stages.ts";
import { attempt, type CommandResult } from "../runtime/command.ts";
import { missingOf } from "../runtime/needs.ts";

const bundles = inject("bundles").filter(({ choice }) => choice === "signed");
const [first] = bundles;
const { none } = inject("fixtures");
const REPOSITORY = "k8s/pause";

/** Every registry that can be had here, however it is reached. */
const stages = [...OURS, ...THEIRS].map((stage) => ({ stage, registryOf: useStage(stage) }));
const there = stages.filter(({ stage: { kind } }) => {
  const { programs, peer } = kind;
  return missingOf({ programs }).length === 0 && (peer === undefined || "program" in peer);
});

describe("hiatus seed into all registries at once", () => {
  let registries: readonly Registry[];
  let folder: string;
  let seeded: CommandResult;

  const seed = async (file: string, ...flags: readonly string[]) => {
    const docker = join(folder, "docker");
    await writeAuthFile(join(docker, "config.json"), ...registries);
    const mirrors = registries.map(({ host, tls }, at) => ({
      name: `mirror-${at}`,
      repository: `${host}/${REPOSITORY}`,
      ...(tls === undefined ? { plainHttp: true } : { tls: { ca: tls.ca } }),
    }));
    // JSON is YAML.
    await writeFile(join(folder, "mirrors.yaml"), JSON.stringify({ version: 1, mirrors }));
    return attempt([...hiatusCommand(), "seed", file, "--mirrors", "mirrors.yaml", ...flags], {
      cwd: folder,
      env: { DOCKER_CONFIG: docker, HOME: folder },
    });
  };

  beforeAll(async () => {
    registries = there.map(({ registryOf }) => registryOf());
    folder = await scratchFolder("seed");
    seeded = await seed(first?.file ?? "");
  });

  it("is done", () => {
    expect(seeded.code, seeded.stdout + seeded.stderr).toBe(0);
    expect(seeded.stdout).toContain("released");
  });

  for (const { stage, registryOf } of stages) {
    const column = columnOf(stage);
    const cell = { table: "seeds", row: column, column: "hiatus seed", instead: "yes" } as const;
    describeCell(cell, [stage.kind], column, () => {
      it("has every byte of it, and what is attached", async () => {
        await expectInRegistry(registryOf(), REPOSITORY, none.tag, none);
        expect(await referrersOf(registryOf(), REPOSITORY, none.root.digest)).toHaveLength(1);
      });
    });
  }

  it.each(bundles.map(({ form, file }) => [form, file]))(
    "changes nothing with the %s of the same image",
    async (_, file) => {
      const { code, stdout, stderr } = await seed(file, "--json");
      expect(code, stdout + stderr).toBe(0);
      expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
        result: "unchanged",
      });
    },
  );
});
