/**
 * Starting a bundle from V8's code cache: what a run has compiled lies beside the bundle, and the next run need not parse and compile
 * it again. That is some 15 of the 70 milliseconds that a short command takes.
 *
 * Compiled code is code. So it lies where the bundle lies and must belong to its owner: who could exchange it could exchange the bundle as
 * well. Nobody else ever writes or believes it, and what is wrong with it costs no more than compiling.
 *
 * @module
 */
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { Script } from "node:vm";

/**
 * Runs a CommonJS bundle.
 *
 * @param file its name tells its content apart from every other, for V8 compares no more than the length.
 * @param use what it is run for: each use compiles other parts of it. Becomes a part of a file name.
 * @param load `require` as seen from the bundle.
 */
export function runCached(file: string, use: string, load: NodeJS.Require): void {
  const cache = `${file}.${use}.${process.version}-${process.arch}.cache`;
  const { text, owner } = readBundle(file);
  const cachedData = owner === undefined ? undefined : readCache(cache, owner);
  // In one line with the bundle, so that lines in stacks are those of the file.
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${text}\n})`;
  const script = new Script(wrapped, { filename: file, ...(cachedData && { cachedData }) });
  const isFresh = cachedData !== undefined && script.cachedDataRejected !== true;
  // What ran by the end of this run is what is worth keeping. Another user than the owner keeps nothing.
  if (!isFresh && owner !== undefined && owner === process.geteuid?.()) {
    process.once("exit", (code) => {
      if (code === 0) writeCache(cache, script.createCachedData());
    });
  }
  const module = { exports: {} };
  script.runInThisContext()(module.exports, load, module, file, dirname(file));
}

/** The text, and who owns it: undefined where files have no owners, and where others may write to it. */
function readBundle(file: string): { readonly text: string; readonly owner: number | undefined } {
  const descriptor = openSync(file, "r");
  try {
    // The bundler writes nothing but ASCII, which is read much faster than UTF-8.
    return { text: readFileSync(descriptor, "latin1"), owner: ownerOf(descriptor) };
  } finally {
    closeSync(descriptor);
  }
}

function readCache(path: string, owner: number): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    return ownerOf(descriptor) === owner ? readFileSync(descriptor) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function ownerOf(descriptor: number): number | undefined {
  const { uid, mode } = fstatSync(descriptor);
  return process.geteuid === undefined || (mode & 0o022) !== 0 ? undefined : uid;
}

/** Writes it aside and renames it. Silent: it can always be done without. */
function writeCache(path: string, data: Buffer): void {
  const aside = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(aside, data, { flag: "wx", mode: 0o644 });
    renameSync(aside, path);
  } catch {
    try {
      rmSync(aside, { force: true });
    } catch {
      // Then it stays, and is gone with the next compilation.
    }
  }
}
