import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { packageRoot } from "../../src/package-root.ts";

const root = packageRoot();
const folder = join(root, ".github", "workflows");
const FILES = [...readdirSync(folder).map((name) => join(folder, name)), join(root, "action.yml")];

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs?: Readonly<
    Record<string, { readonly steps: readonly Step[]; readonly "timeout-minutes"?: number }>
  >;
  readonly runs?: { readonly steps: readonly Step[] };
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
}

const read = (file: string) => parse(readFileSync(file, "utf8")) as Workflow;
const stepsOf = ({ jobs, runs }: Workflow): readonly Step[] => [
  ...Object.values(jobs ?? {}).flatMap(({ steps }) => steps),
  ...(runs?.steps ?? []),
];

describe.each(FILES.map((file) => [file.slice(root.length + 1), file]))("%s", (_, file) => {
  test("puts no expression into a shell: values go by the environment", () => {
    for (const { run } of stepsOf(read(file))) expect(run ?? "").not.toContain("${{");
  });

  test("names every action by its commit, with the version beside it", () => {
    const uses = [...readFileSync(file, "utf8").matchAll(/^\s*(?:- )?uses: (.+)$/gm)];
    expect(uses.length).toBeGreaterThan(0);
    for (const [, what = ""] of uses) {
      if (what !== "./") expect(what).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  test("leaves no credentials behind a checkout", () => {
    for (const { uses, with: inputs } of stepsOf(read(file))) {
      if (uses?.startsWith("actions/checkout@")) {
        expect(inputs).toMatchObject({ "persist-credentials": false });
      }
    }
  });
});

describe("workflows", () => {
  test.each(readdirSync(folder))(
    "%s may read at most, unless a job says more; no job runs for ever",
    (name) => {
      const { permissions, jobs } = read(join(folder, name));
      expect(permissions).toBeDefined();
      expect(Object.values(permissions ?? {}).every((right) => right === "read")).toBe(true);
      for (const job of Object.values(jobs ?? {}))
        expect(job["timeout-minutes"]).toBeGreaterThan(0);
    },
  );
});

describe("action.yml", () => {
  const text = readFileSync(join(root, "action.yml"), "utf8");
  const action = parse(text) as Action;
  const program = readFileSync(join(root, ".github", "action", "run.mjs"), "utf8");

  test("hands every input to its program, under a name of its own", () => {
    const handed = [...text.matchAll(/INPUT_([A-Z_]+): \$\{\{ inputs\.([a-z-]+) \}\}/g)];
    const names = handed.map(([, variable, name = ""]) => {
      expect(variable).toBe(name.toUpperCase().replaceAll("-", "_"));
      expect(program).toContain(`"${name}"`);
      return name;
    });
    expect([...names, "node-version"].sort()).toEqual(Object.keys(action.inputs).sort());
  });

  test("gives every output that its program writes", () => {
    for (const [name, { value }] of Object.entries(action.outputs)) {
      expect(value).toBe(`\${{ steps.release.outputs.${name} }}`);
      expect(program).toMatch(new RegExp(`\\b"?${name}"?: `));
    }
  });
});
