import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonLines } from "../cli/command.ts";
import { scratch } from "../folder.ts";
import { containerOf, DEPLOY, foldersOf, type Job, parseManifests, specOf } from "./manifest.ts";
import { describeTools, type RunTool } from "./tools.ts";

/** What Kubernetes says of a manifest, see peers/kube/main.go. */
interface Verdict {
  readonly kind: string;
  readonly name: string;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly forbidden: readonly string[];
}

const ROOTS = ["base", "check", ...foldersOf("overlays")];

await describeTools(["kustomize", "kube"], "deploy/", (kustomize, kube) => {
  const judge = async (manifests: string): Promise<readonly Verdict[]> => {
    const { code, stdout, stderr } = await kube([], manifests);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return jsonLines(stdout) as unknown as Verdict[];
  };
  const build = async (folder: string): Promise<string> => render(kustomize, join(DEPLOY, folder));

  test.each(ROOTS)(
    "%s is what Kubernetes takes, without a warning, and its pods are restricted",
    async (root) => {
      const verdicts = await judge(await build(root));
      expect(verdicts.length).toBeGreaterThan(1);
      for (const verdict of verdicts) {
        expect(verdict).toMatchObject({ errors: [], warnings: [], forbidden: [] });
      }
    },
  );

  test.each([
    ["move-tags", []],
    ["roll-back", []],
    ["shared-journal", []],
    ["ephemeral-journal", []],
    ["shared-journal", ["move-tags"]],
    ["ephemeral-journal", ["move-tags"]],
  ])("component %s with %j is what Kubernetes takes", async (name, others) => {
    const jobs = parseManifests(await withComponents(kustomize, [name, ...others]));
    const verdicts = await judge(jobs.map((job) => JSON.stringify(job)).join("\n---\n"));
    for (const verdict of verdicts) {
      expect(verdict).toMatchObject({ errors: [], warnings: [], forbidden: [] });
    }
  });

  test("component move-tags agrees to moves, and nothing else does", async () => {
    const release = (text: string) => containerOf(named(parseManifests(text), "hiatus-release"));
    expect(release(await withComponents(kustomize, ["move-tags"])).args).toContain("--yes");
    expect(release(await build("base")).args).not.toContain("--yes");
  });

  test("component roll-back leaves one Job, which stages nothing", async () => {
    const jobs = parseManifests(await withComponents(kustomize, ["roll-back"]));
    expect(jobs.filter(({ kind }) => kind === "Job").map(({ metadata }) => metadata.name)).toEqual([
      "hiatus-release",
    ]);
    expect(containerOf(named(jobs, "hiatus-release")).args).toContain("--rollback");
  });

  test.each(["shared-journal", "ephemeral-journal"])(
    "component %s gives each Job one place for its journal",
    async (name) => {
      const text = await withComponents(kustomize, [name]);
      const claims = text.match(/claimName: hiatus-journal/g) ?? [];
      expect(claims).toHaveLength(name === "shared-journal" ? 2 : 0);
      expect(text.includes("kind: PersistentVolumeClaim")).toBe(name === "shared-journal");
      expect(text).not.toContain("null");
    },
  );

  test.each(["base", ...foldersOf("overlays")])("%s has as many shards as pods", async (root) => {
    const stage = named(parseManifests(await build(root)), "hiatus-stage");
    const { completions, parallelism } = specOf(stage);
    const shards = containerOf(stage).env.find(({ name }) => name === "SHARDS")?.value;
    expect([completions, parallelism]).toEqual([Number(shards), Number(shards)]);
  });

  test.each([
    [
      "a field that is not there",
      /backoffLimitPerIndex:/,
      "backoffLimitPerIndexes:",
      "unknown field",
    ],
    ["a value of another type", /completions: 1/, 'completions: "1"', "cannot unmarshal"],
    ["a key twice", /completions: 1/, "completions: 1\n  completions: 2", "already set"],
    [
      "a policy that cannot be",
      /restartPolicy: Never/,
      "restartPolicy: OnFailure",
      "restartPolicy",
    ],
    [
      "a container that is not there",
      /containerName: hiatus/,
      "containerName: other",
      "containerName",
    ],
  ])("the judge refuses %s", async (_, from, to, why) => {
    const manifests = await build("base");
    expect(manifests).toMatch(from);
    const errors = (await judge(manifests.replace(from, to))).flatMap((verdict) => verdict.errors);
    expect(errors.join("\n")).toContain(why);
  });

  test("the judge forbids a pod that is not restricted", async () => {
    const manifests = await build("base");
    const verdicts = await judge(
      manifests.replaceAll("allowPrivilegeEscalation: false", "privileged: true"),
    );
    const forbidden = verdicts.flatMap((verdict) => verdict.forbidden);
    expect(forbidden.join("\n")).toMatch(/privileged/);
  });
});

function named(jobs: readonly Job[], name: string): Job {
  const found = jobs.find(({ kind, metadata }) => kind === "Job" && metadata.name === name);
  if (found === undefined) throw new Error(`There is no Job ${name}`);
  return found;
}

async function render(kustomize: RunTool, folder: string): Promise<string> {
  const { code, stdout, stderr } = await kustomize(["build", folder]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

/** An overlay of the base with components, as somebody would write it. */
async function withComponents(kustomize: RunTool, names: readonly string[]): Promise<string> {
  const folder = scratch();
  cpSync(DEPLOY, join(folder, "deploy"), { recursive: true });
  const overlay = join(folder, "deploy", "overlays", "three-shards");
  const lines = [
    "apiVersion: kustomize.config.k8s.io/v1beta1",
    "kind: Kustomization",
    "resources: [../../base]",
    `components: [${names.map((name) => `../../components/${name}`).join(", ")}]`,
  ];
  writeFileSync(join(overlay, "kustomization.yaml"), `${lines.join("\n")}\n`);
  return await render(kustomize, overlay);
}
