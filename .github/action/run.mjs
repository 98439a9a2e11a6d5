// @ts-check
/**
 * What the action does once Node and hiatus are there: makes arguments of its inputs, runs `hiatus release`, and gives
 * outputs and summary. Inputs come as variables of the environment and are passed on as arguments of a process: no shell sees
 * them, so nothing in them is a command.
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const MAIN = fileURLToPath(new URL("../../lib/cli/main.js", import.meta.url));

const MEANINGS = /** @type {Readonly<Record<number, string>>} */ ({
  1: "the work failed",
  2: "wrong usage or configuration",
  3: "a check found a difference",
});

/** Inputs that are given to hiatus as they are, with the options that take them. */
const VALUES = /** @type {const} */ (["mirrors", "only", "from", "version", "state", "report"]);
const SWITCHES = /** @type {const} */ ([
  "locked",
  "verify",
  "dry-run",
  "stage-only",
  "resume",
  "rollback",
  "yes",
]);

/** @param {string} name */
function input(name) {
  return (process.env[`INPUT_${name.toUpperCase().replaceAll("-", "_")}`] ?? "").trim();
}

/** @param {string} name @returns {boolean} */
function isOn(name) {
  const value = input(name).toLowerCase();
  if (["", "false"].includes(value)) return false;
  if (value === "true") return true;
  return stop(`The input "${name}" is "${value}", and must be true or false`);
}

/** @param {string} message @returns {never} */
function stop(message) {
  annotate("error", message);
  process.exit(2);
}

/** An annotation of the job. What is in it cannot be another command. @param {string} level @param {string} message */
function annotate(level, message) {
  const escaped = message.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  process.stdout.write(`::${level} title=hiatus::${escaped}\n`);
}

function argumentsOf() {
  const args = ["release"];
  for (const name of VALUES) if (input(name) !== "") args.push(`--${name}=${input(name)}`);
  for (const name of SWITCHES) if (isOn(name)) args.push(`--${name}`);
  // What follows is a name, whatever it looks like.
  if (input("image") !== "") args.push("--", input("image"));
  return args;
}

/** Without a mirrors file hiatus publishes to a folder, which a job throws away. */
function requireMirrors() {
  const usual = ["mirrors.yaml", join("images", "mirrors.yaml")];
  if (input("mirrors") !== "" || usual.some((path) => existsSync(path))) return;
  stop(
    'There is no mirrors file: commit mirrors.yaml or images/mirrors.yaml, or name one with the input "mirrors"',
  );
}

/** Runs hiatus. Its output is the job's, and what it says on standard output is kept besides. */
function run() {
  const child = spawn(process.execPath, [MAIN, ...argumentsOf()], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    // The runner tells only this process; hiatus then finishes what is under way and writes it down.
    process.on(signal, () => child.kill(signal));
  }
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
    process.stdout.write(text);
  });
  return /** @type {Promise<{ code: number, said: string }>} */ (
    new Promise((resolve, reject) => {
      child.on("error", reject);
      // By a signal: as a shell says it.
      child.on("close", (code, signal) =>
        resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), said }),
      );
    })
  );
}

/** A file that this run wrote; undefined when it is not there or an older one. @param {string} path @param {number} since */
function written(path, since) {
  if (!existsSync(path) || statSync(path).mtimeMs < since) return undefined;
  return readFileSync(path, "utf8");
}

/** @param {string} variable @param {string} text */
function append(variable, text) {
  const file = process.env[variable];
  if (file) appendFileSync(file, text);
}

/** Values are one line each, and what is not is left out. @param {Readonly<Record<string, unknown>>} values */
function output(values) {
  for (const [name, value] of Object.entries(values)) {
    const text = String(value ?? "");
    append("GITHUB_OUTPUT", `${name}=${/[\r\n]/.test(text) ? "" : text}\n`);
  }
}

requireMirrors();
const folder = input("report") === "" ? join("dist", "report") : input("report");
const since = Date.now();
const { code, said } = await run();

const report = written(join(folder, "report.json"), since);
const summary = written(join(folder, "summary.md"), since);
const plain = stripVTControlCharacters(said).trim();
const fence = "`".repeat(Math.max(3, ...[...plain.matchAll(/`+/g)].map(([all]) => all.length + 1)));
if (summary !== undefined) append("GITHUB_STEP_SUMMARY", `${summary.trim()}\n\n`);
else if (plain !== "") append("GITHUB_STEP_SUMMARY", `${fence}text\n${plain}\n${fence}\n\n`);

const found = report === undefined ? undefined : JSON.parse(report);
// Plans and roll-backs write no report.
const unreported = isOn("dry-run") ? "planned" : isOn("rollback") ? "rolled back" : "";
output({
  "exit-code": code,
  result: found?.result ?? (code === 0 ? unreported : "failed"),
  digest: found?.variants?.[0]?.index?.digest,
  report: found === undefined ? "" : folder,
  journal: found?.journal,
});
if (code !== 0)
  annotate("error", `hiatus release ended with exit code ${code}: ${MEANINGS[code] ?? "stopped"}`);
process.exitCode = code;
