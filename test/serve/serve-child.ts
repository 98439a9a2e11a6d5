/**
 * A process that serves a folder until it is told to stop, or killed:
 *
 *   node serve-child.mjs DIR [JSON of options for openFolder and listen]
 *
 * It says where it listens on its first line.
 */
import { openFolder } from "../../src/serve/folder.ts";
import { createHandler } from "../../src/serve/handler.ts";
import { listen } from "../../src/serve/listen.ts";

const [dir = "", options = "{}"] = process.argv.slice(2);
const given = JSON.parse(options) as Record<string, never>;
const folder = await openFolder(dir, given);
const onError = (error: unknown) => console.error(error);
const { url, stop } = await listen(createHandler(folder, { onError }), { port: 0, ...given });
console.log(url.origin);
process.on("SIGTERM", () => void stop().then(() => folder.close()));
