// @ts-check
/**
 * `npm run fuzz [-- --runs N --seed N [vitest arguments]]`: the properties of test/fuzz/, as often as asked and from
 * another seed each time. `npm test` tries the same ones briefly, always from one seed.
 */
import { randomInt } from "node:crypto";
import { $, argv, path } from "zx";

const root = path.join(import.meta.dirname, "..");
const runs = Number(argv.runs ?? 100_000);
const seed = Number(argv.seed ?? randomInt(2 ** 31));
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  console.error("fuzz: --runs takes a whole number from 1, --seed a whole number");
  process.exit(2);
}
console.log(`fuzz: ${runs} runs of each property, seed ${seed}`);
const filters = argv._.length > 0 ? argv._.map(String) : ["test/fuzz"];
const { exitCode } = await $({
  cwd: root,
  stdio: "inherit",
  nothrow: true,
  env: { ...process.env, HIATUS_FUZZ_RUNS: String(runs), HIATUS_FUZZ_SEED: String(seed) },
})`${path.join(root, "node_modules", ".bin", "vitest")} run ${filters}`;
process.exitCode = exitCode ?? 1;
