// @ts-check
/**
 * Compiles `src/` to `lib/`: declarations by the TypeScript compiler, code by esbuild. The command is one
 * bundle with its dependencies inside, because resolving some 200 files costs more than all of its
 * work; the library leaves them outside, so that its users share and audit them as usual.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
if (!existsSync(join(root, "node_modules", "esbuild"))) {
  process.stderr.write("hiatus: not compiled, because the development dependencies are left out\n");
  process.exit(0);
}
const { build } = await import("esbuild");

const started = new Date();
const aside = join(root, `.lib.${process.pid}.new`);
const previous = join(root, `.lib.${process.pid}.old`);
process.on("exit", () => {
  for (const path of [aside, previous]) rmSync(path, { recursive: true, force: true });
});

const tsc = spawnSync(
  process.execPath,
  [
    join(root, "node_modules", "typescript", "bin", "tsc"),
    "-p",
    "tsconfig.build.json",
    "--emitDeclarationOnly",
    "--outDir",
    aside,
  ],
  { cwd: root, stdio: ["ignore", 2, 2] },
);
if (tsc.status !== 0) process.exit(1);

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  logLevel: "warning",
};
const library = await build({
  ...common,
  entryPoints: { index: "src/index.ts" },
  outdir: aside,
  packages: "external",
});
const command = await build({
  ...common,
  entryPoints: { main: "src/cli/main.ts" },
  outdir: join(aside, "cli"),
  legalComments: "none",
  metafile: true,
  // Some dependencies are CommonJS and ask for built-in modules.
  banner: { js: 'import{createRequire as $r}from"node:module";const require=$r(import.meta.url);' },
});
if (library.errors.length + command.errors.length > 0) process.exit(1);
writeFileSync(join(aside, "cli", "THIRD-PARTY-LICENSES.txt"), licenses(command.metafile));
chmodSync(join(aside, "cli", "main.js"), 0o755);
const stamp = join(aside, ".compiled");
writeFileSync(stamp, "");
// A source that was written while we compiled is younger than this.
utimesSync(stamp, started, started);

const lib = join(root, "lib");
for (let attempt = 1; existsSync(aside); attempt++) {
  try {
    if (existsSync(lib)) renameSync(lib, previous);
    renameSync(aside, lib);
  } catch (error) {
    // Somebody else compiles at the same time, and was quicker by a moment.
    if (attempt === 10) throw error;
    rmSync(previous, { recursive: true, force: true });
  }
}

/** The licences of what is inside the bundle. @param {import("esbuild").Metafile | undefined} metafile */
function licenses(metafile) {
  const folders = Object.keys(metafile?.inputs ?? {}).flatMap((path) => {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(root, folder, "package.json"), "utf8"),
      );
      const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"].find((candidate) =>
        existsSync(join(root, folder, candidate)),
      );
      const text = file === undefined ? "" : readFileSync(join(root, folder, file), "utf8").trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
