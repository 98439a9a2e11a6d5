/**
 * Keeps linked programs, and knows when they are out of date: the idea is the direct mode of ccache.
 *
 * A key covers what is known before compiling: the sources, the arguments, the identity of the compiler. Which headers of
 * the system a compiler reads is known only afterwards, so an entry lists them with their hashes, and every one is read and
 * hashed again before the entry is used. It also lists where a header would have hidden one that was read, and holds
 * only as long as there is none.
 *
 * @see https://ccache.dev/manual/4.10.html#_the_direct_mode
 * @module
 */
import { isAbsolute, join, relative } from "node:path";
import type { Cache } from "./cache.ts";
import type { Linked } from "./compile-one.ts";
import { type Files, sha256, unchangedSince } from "./files.ts";
import type { Sources } from "./sources.ts";
import type { Compiler } from "./toolchain.ts";

/** Room of the cache. The number changes when the meaning of keys or entries does. */
const ROOM = "compile-1";

/** Everything that is known before compiling and may reach the output. */
export interface CompileInputs {
  readonly sources: Sources;
  readonly compiler: Compiler;
  /** With the same names of outputs in every run. */
  readonly argv: readonly string[];
}

interface Entry {
  /** Files that the compiler read, and the SHA-256 of each. */
  readonly read: readonly (readonly [path: string, hash: string])[];
  /** Files that were not there. */
  readonly absent: readonly string[];
  /** The linked program in base64, before sealing: sealing and checking are done again on every use. */
  readonly program: string;
}

/** The key of a compilation, or undefined when a program that takes part cannot be identified. */
export function compileKey(inputs: CompileInputs, files: Files): string | undefined {
  const { sources, compiler, argv } = inputs;
  const programs = compiler.programs.map((path) => files.identity(path));
  if (programs.includes(undefined)) return undefined;
  const environment = compiler.environment("scratch");
  const { toolchain, version } = compiler;
  return sha256(JSON.stringify([toolchain, version, programs, environment, argv, sources.hash]));
}

/** The linked program that is kept under a key, if everything that it was made from is still the same. */
export function recall(cache: Cache, key: string, files: Files): Linked | undefined {
  const text = cache.read(ROOM, key);
  if (text === undefined) return undefined;
  const entry = JSON.parse(text) as Entry;
  if (entry.read.some(([path, hash]) => files.hash(path) !== hash)) return undefined;
  if (entry.absent.some((path) => files.exists(path))) return undefined;
  return { program: Buffer.from(entry.program, "base64") };
}

/**
 * Keeps a linked program, unless something that it was made from may have changed while it was made: since `started`, in
 * milliseconds since 1970.
 */
export async function remember(
  cache: Cache,
  key: string,
  linked: Linked,
  inputs: CompileInputs,
  started: number,
  files: Files,
): Promise<void> {
  const { sources, compiler } = inputs;
  const { program, dependencies } = linked;
  if (dependencies === undefined) return;
  const headers = dependencies.filter((path) => isAbsolute(path));
  const named = dependencies.filter((path) => !isAbsolute(path));
  // Relative names are covered by the key; anything else there would be a file that nobody watches.
  if (!named.every((name) => sources.paths.includes(join(sources.folder, name)))) return;
  const all = [...sources.paths, ...compiler.programs, ...headers];
  if (!all.every((path) => unchangedSince(path, started))) return;
  const read = headers.map((path) => [path, files.hash(path) ?? ""] as const);
  const entry: Entry = {
    read,
    absent: shadows(headers, compiler.includes).filter((path) => !files.exists(path)),
    program: Buffer.from(program).toString("base64"),
  };
  await cache.write(ROOM, key, JSON.stringify(entry));
}

/** Where a header of the same name would have been found first. */
function shadows(headers: readonly string[], includes: readonly string[]): string[] {
  return headers.flatMap((path) => {
    const position = includes.findIndex((folder) => path.startsWith(`${folder}/`));
    const folder = includes[position];
    if (folder === undefined) return [];
    return includes.slice(0, position).map((earlier) => join(earlier, relative(folder, path)));
  });
}
