// @ts-check
/**
 * Runs one of our scripts on a machine that has nothing but Node and npm, or nothing but Deno:
 *
 *   node scripts/bootstrap.mjs build-images [arguments]
 *
 * Installs the locked dependencies when they are missing or others, compiles the sources when they
 * changed, then hands over; without a name it only does that. It must not import anything that is not built in.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isCompiled } from "./is-compiled.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const isDeno = "Deno" in globalThis;

/** @param {string} command @param {readonly string[]} args */
function run(command, args) {
  // Output of these steps is about the steps, not the result: standard output belongs to the script.
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  const reason = error === undefined ? `exit code ${status}` : error.message;
  process.stderr.write(`hiatus: "${command} ${args.join(" ")}" failed: ${reason}\n`);
  process.exit(1);
}

/** Are the packages of npm's lock file installed in the versions it names? Optional ones may be left out. */
function isInstalled() {
  const installed = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, "utf8")).packages;
  const want = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(want).every(
    ([path, { version, optional }]) =>
      path === "" || have[path]?.version === version || (optional && !(path in have)),
  );
}

/** What Deno installed, as its lock file named it then. */
const installedByDeno = join(root, "node_modules", ".deno.lock");

function isInstalledByDeno() {
  if (!existsSync(installedByDeno)) return false;
  return readFileSync(join(root, "deno.lock")).equals(readFileSync(installedByDeno));
}

/** Runs this script again: a Deno that started without packages does not find those that came since. */
function startAgain() {
  const args = ["run", "--allow-all", fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  process.exit(status ?? 1);
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (!isDeno && (major < 20 || (major === 20 && minor < 19))) {
  process.stderr.write(
    `hiatus: Node ${process.versions.node} is too old\n  Install Node 20.19 or later\n`,
  );
  process.exit(2);
}
if (!isInstalled() && !(isDeno && isInstalledByDeno())) {
  process.stderr.write("hiatus: installing the locked dependencies\n");
  if (isDeno) {
    // What runs in Deno is the command and not our tools, so those may be left out.
    run(process.execPath, ["install", "--frozen", "--prod"]);
    copyFileSync(join(root, "deno.lock"), installedByDeno);
    startAgain();
  }
  // `prepare` would compile now; the next step does it anyway and says so.
  run("npm", ["ci", "--ignore-scripts", "--no-fund", "--no-audit"]);
}
if (!isDeno && !isCompiled(root)) {
  process.stderr.write("hiatus: compiling the sources\n");
  run(process.execPath, [join(root, "scripts", "compile.mjs")]);
}

const [name] = process.argv.splice(2, 1);
if (name !== undefined) await import(`./${name}.mjs`);
