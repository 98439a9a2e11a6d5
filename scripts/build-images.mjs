// @ts-check
/** `npm run build:images` and `deno task build:images`: `hiatus build` from this checkout. */
process.argv.splice(2, 0, "build");
await import("Deno" in globalThis ? "../src/cli/main.ts" : "../lib/cli/main.js");
