// @ts-check
/** Whether `lib/` is what the sources would compile to. Imported before anything is installed: built-ins only. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What the compiled code is made from. The lock file, because dependencies are inside the compiled command. */
const INPUTS = [
  ...["src", "scripts/compile.mjs", "tsconfig.json", "tsconfig.build.json"],
  ...["package.json", "package-lock.json"],
];

/** Is everything older than the last compilation? @param {string} root */
export function isCompiled(root) {
  const stamp = join(root, "lib", ".compiled");
  if (!existsSync(stamp)) return false;
  const { mtimeMs } = statSync(stamp);
  return INPUTS.every((path) => newest(join(root, path)) <= mtimeMs);
}

/** Newest modification below a path, in milliseconds since 1970. @param {string} path @returns {number} */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = readdirSync(path).map((name) => newest(join(path, name)));
  return Math.max(stat.mtimeMs, ...inside);
}
