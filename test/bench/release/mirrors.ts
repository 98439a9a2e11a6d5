/**
 * Many mirrors in one process of their own: embedded registries that keep everything in memory, each on its own port.
 * Started as `mirrors.mjs ADDRESS COUNT [CERTIFICATE KEY]`. It prints its ports as JSON; each line that it reads makes all of
 * them forget everything, and is answered with a line. It ends when its standard input does.
 *
 * @module
 */
import { createInterface } from "node:readline";
import type { Handler } from "../../../src/serve/exchange.ts";
import { createHandler } from "../../../src/serve/handler.ts";
import { listen, readTlsFiles } from "../../../src/serve/listen.ts";
import { createMemoryRepositories } from "../../../src/serve/memory.ts";

const [host = "127.0.0.1", count = "1", certificate, key] = process.argv.slice(2);
const tls =
  certificate === undefined || key === undefined ? undefined : readTlsFiles(certificate, key);
const empty = () => createHandler(createMemoryRepositories());
const handlers: Handler[] = Array.from({ length: Number(count) }, empty);
const listening = await Promise.all(
  handlers.map((_, mirror) =>
    listen((incoming) => (handlers[mirror] ?? empty())(incoming), { host, port: 0, tls }),
  ),
);
console.log(JSON.stringify(listening.map(({ url }) => Number(url.port))));
for await (const _ of createInterface({ input: process.stdin })) {
  for (const mirror of handlers.keys()) handlers[mirror] = empty();
  console.log("forgotten");
}
process.exit(0);
