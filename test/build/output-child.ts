/**
 * A process that writes the same folder again and again, for output.test.ts:
 *
 *   node output-child.mjs TARGET NAME ROUNDS [KILL]
 *
 * KILL is the number of renames after which it kills itself.
 */
import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { fillBuild } from "./fill-build.ts";

const [target = "", name = "", rounds = "1", kill] = process.argv.slice(2);
if (kill !== undefined) {
  const { rename } = promises;
  let left = Number(kill);
  promises.rename = async (from, to) => {
    await rename(from, to);
    if (--left === 0) process.kill(process.pid, "SIGKILL");
  };
  syncBuiltinESMExports();
}
const { stage } = await import("../../src/build/output.ts");
for (let round = 0; round < Number(rounds); round++) {
  const staging = await stage(target);
  fillBuild(staging.folder, `${name}-${round}`);
  await staging.commit();
  await staging.discard();
}
