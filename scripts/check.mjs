// @ts-check
/** `npm run check [-- --fix]`: format, lint, types, import arrows, and generated files that are out of date. */
import { $, fs, path } from "zx";

const root = path.join(import.meta.dirname, "..");
const fix = process.argv.includes("--fix");
const bin = path.join(root, "node_modules", ".bin");
const run = $({ cwd: root, stdio: "inherit", nothrow: true });

/** @type {[string, () => PromiseLike<{ exitCode: number | null }>][]} */
const steps = [
  [
    "format and lint",
    () => run`${bin}/biome check ${fix ? ["--write"] : []} --error-on-warnings .`,
  ],
  ["types", () => run`${bin}/tsc --noEmit -p .`],
  ["import arrows", () => run`${bin}/vitest run --reporter=dot test/architecture.test.ts`],
  ["generated schemas", schemas],
];

async function schemas() {
  const { jsonSchemas } = await import("../lib/index.js");
  const stale = Object.entries(jsonSchemas()).filter(([name, schema]) => {
    const file = path.join(root, "images", "schemas", name);
    const text = `${JSON.stringify(schema, undefined, 2)}\n`;
    return !fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text;
  });
  for (const [name] of stale)
    console.error(`images/schemas/${name} is out of date: npm run schemas`);
  return { exitCode: stale.length };
}

const failed = [];
for (const [name, step] of steps) {
  const { exitCode } = await step();
  if (exitCode !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(
    `check failed: ${failed.join(", ")}${fix ? "" : " (npm run check -- --fix mends format)"}`,
  );
  process.exitCode = 1;
} else {
  console.log("check passed: format, lint, types, import arrows, schemas");
}
