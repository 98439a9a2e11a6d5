// @ts-check
/**
 * `node scripts/complete-lock.mjs`: after `npm install`, names in package-lock.json the packages of other platforms that
 * the registry at hand does not have. npm leaves those out when it writes the file, and from version 11 on
 * `npm ci` then refuses it. What is added here has no integrity and is never fetched on this platform.
 */
import { readFileSync, writeFileSync } from "node:fs";

const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const CPUS = [
  "arm",
  "arm64",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
];

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const { packages } = lock;

/** Is the package there for the one that asks for it: below it, or beside it or a parent? */
function isThere(/** @type {string} */ from, /** @type {string} */ name) {
  for (let at = from; at !== ""; at = at.slice(0, Math.max(at.lastIndexOf("/node_modules/"), 0))) {
    if (`${at}/node_modules/${name}` in packages) return true;
  }
  return `node_modules/${name}` in packages;
}

for (const [from, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  if (from === "") continue;
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isThere(from, name)) continue;
    const words = name.replace(/^@[^/]+\//, "").split("-");
    const os = words.filter((word) => SYSTEMS.includes(word));
    const cpu = words.filter((word) => CPUS.includes(word));
    if (os.length + cpu.length === 0)
      throw new Error(`"${name}" is for no platform that is known here`);
    packages[`node_modules/${name}`] = {
      version,
      ...(cpu.length === 0 ? {} : { cpu }),
      ...(dev ? { dev } : {}),
      optional: true,
      ...(os.length === 0 ? {} : { os }),
    };
    console.log(`added ${name} ${version}`);
  }
}
lock.packages = Object.fromEntries(
  Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")),
);
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
