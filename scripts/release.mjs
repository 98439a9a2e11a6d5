// @ts-check
/**
 * `npm run release [-- arguments of hiatus release]` and `deno task release`: build, verify, publish, pull back. Without a mirrors
 * file to our own registry on loopback, whose storage stays in dist/registry.
 */
process.argv.splice(2, 0, "release");
await import("Deno" in globalThis ? "../src/cli/main.ts" : "../lib/cli/main.js");
