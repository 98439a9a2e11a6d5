#!/usr/bin/env node
/**
 * What `lib/cli/main.js` is made of: it picks the bundle that has the command, and starts it from V8's code cache where there is
 * one. Written for the compiled package only, in which `scripts/compile.mjs` fills in the names; Deno runs `main.ts` as it is.
 *
 * @module
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { runCached } from "./code-cache.ts";

/** Bundles beside this file, each with commands that it has; the last has all there are. */
declare const BUNDLES: readonly (readonly [file: string, commands: readonly string[]])[];

const command = process.argv[2] ?? "";
const known = BUNDLES.flatMap(([, commands]) => commands).includes(command);
const [bundle] = BUNDLES.find(([, commands]) => commands.includes(command)) ?? BUNDLES.at(-1) ?? [];
const file = join(import.meta.dirname, bundle ?? "");
const load = createRequire(file);
// Deno keeps a cache of its own.
if ("Deno" in globalThis) load(file);
else runCached(file, known ? command : "other", load);
