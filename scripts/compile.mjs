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
import { basename, join } from "node:path";
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
await build({
  ...common,
  entryPoints: { index: "src/index.ts" },
  outdir: aside,
  packages: "external",
});
/**
 * The command is CommonJS, whose start is some milliseconds shorter, and each bundle is one file with a hash in its name, which is what
 * V8's code cache needs (src/cli/code-cache.ts). A bundle without commands that are not run from it is read and compiled the sooner.
 *
 * @param {string} name @param {readonly string[]} [commands] all when left out
 */
async function bundle(name, commands) {
  const result = await build({
    ...common,
    format: "cjs",
    splitting: false,
    entryPoints: { [name]: "src/cli/main.ts" },
    entryNames: "[name]-[hash]",
    outdir: join(aside, "cli"),
    legalComments: "none",
    metafile: true,
    // Imports are `require` then, which is quicker, and code in a code cache can do nothing else.
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "$url", "import.meta.dirname": "__dirname" },
    banner: { js: '"use strict";const $url=require("node:url").pathToFileURL(__filename).href;' },
    plugins: [plainRequire, lazyChildProcess, ...(commands === undefined ? [] : [only(commands)])],
  });
  const path = Object.keys(result.metafile.outputs)[0] ?? "";
  return { file: basename(path), metafile: result.metafile };
}

/** Leaves the other commands out of a bundle. @param {readonly string[]} commands @returns {import("esbuild").Plugin} */
function only(commands) {
  return {
    name: "only",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/[a-z]+\.ts$/ }, ({ path, importer, kind }) => {
        const isCommand = kind === "dynamic-import" && importer.endsWith(join("cli", "main.ts"));
        if (!isCommand || commands.includes(path.slice(2, -3))) return undefined;
        return { path, namespace: "left-out" };
      });
      onLoad({ filter: /./, namespace: "left-out" }, () => ({ contents: "export default 0" }));
    },
  };
}

/**
 * commander loads `node:child_process` for commands that are programs of their own. We have none, and it is a tenth of a short run.
 *
 * @type {import("esbuild").Plugin}
 */
const lazyChildProcess = {
  name: "lazy-child-process",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer, path }) =>
      /node_modules.commander./.test(importer) ? { path, namespace: "lazy" } : undefined,
    );
    onLoad({ filter: /./, namespace: "lazy" }, () => ({
      contents: 'exports.spawn = (...args) => module.require("node:child_process").spawn(...args);',
    }));
  },
};

/**
 * `import("node:http")` as `require` without a copy of the module, which esbuild makes for the sake of a default export that built-in
 * modules do not need.
 *
 * @type {import("esbuild").Plugin}
 */
const plainRequire = {
  name: "plain-require",
  setup({ onLoad }) {
    onLoad({ filter: /\bsrc\b.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(
        /(?<!typeof )import\(("node:[a-z_/]+")\)/g,
        "Promise.resolve(require($1))",
      ),
      loader: "ts",
    }));
  },
};

const REGISTRY = ["push", "pull", "tags"];
const quick = await bundle("registry", REGISTRY);
const whole = await bundle("hiatus");
await build({
  ...common,
  format: "cjs",
  splitting: false,
  entryPoints: { main: "src/cli/launch.ts" },
  outdir: join(aside, "cli"),
  define: {
    "import.meta.dirname": "__dirname",
    BUNDLES: JSON.stringify([
      [quick.file, REGISTRY],
      [whole.file, commandsOf(whole.metafile)],
    ]),
  },
});
writeFileSync(join(aside, "cli", "package.json"), '{ "type": "commonjs" }\n');
writeFileSync(join(aside, "cli", "THIRD-PARTY-LICENSES.txt"), licenses(whole.metafile));
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

/** The commands that a bundle has. @param {import("esbuild").Metafile} metafile */
function commandsOf(metafile) {
  const { imports = [] } = metafile.inputs["src/cli/main.ts"] ?? {};
  return imports.flatMap(({ kind, path }) =>
    kind === "dynamic-import" ? [basename(path, ".ts")] : [],
  );
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
