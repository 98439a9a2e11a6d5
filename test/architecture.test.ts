/** The import arrows of docs/architecture.md, held to by a test. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const src = fileURLToPath(new URL("../src/", import.meta.url));

/** Which rooms each room may import, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  "package-root": [],
  oci: ["errors"],
  elf: ["errors", "oci"],
  store: ["errors", "oci"],
  graph: ["errors", "oci", "store"],
  build: ["errors", "package-root", "oci", "elf", "store", "graph"],
  verify: ["errors", "package-root", "oci", "elf", "store", "graph"],
  remote: ["errors", "oci", "store"],
  serve: ["errors", "oci", "store"],
  bundle: ["errors", "package-root", "oci", "store", "graph"],
  runtime: ["errors", "oci"],
  release: [
    "errors",
    "package-root",
    "oci",
    "elf",
    "store",
    "graph",
    "build",
    "remote",
    "serve",
    "bundle",
    "verify",
    "runtime",
  ],
  cli: [
    "errors",
    "package-root",
    "oci",
    "elf",
    "store",
    "graph",
    "build",
    "remote",
    "serve",
    "bundle",
    "verify",
    "runtime",
    "release",
  ],
  index: [
    "errors",
    "oci",
    "elf",
    "store",
    "graph",
    "build",
    "remote",
    "serve",
    "bundle",
    "verify",
    "runtime",
    "release",
  ],
};

function roomOf(path: string): string {
  return (path.split("/")[0] ?? "").replace(/\.ts$/, "");
}

/** Relative imports of a file as paths below src/, static and dynamic, types included. */
function importsOf(path: string): readonly string[] {
  const text = readFileSync(join(src, path), "utf8");
  const found = text.matchAll(/(?:from\s+|import\s*\(?\s*)"(\.[^"]+)"/g);
  return [...found].map(([, target]) => relative(src, join(src, dirname(path), target ?? "")));
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .sort();

describe("architecture", () => {
  test("every file lies in a known room", () => {
    expect(files.length).toBeGreaterThan(30);
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in ALLOWED))).toEqual([]);
  });

  test.each(files)("%s imports only what its room may", (path) => {
    const room = roomOf(path);
    const allowed = [room, ...(ALLOWED[room] ?? [])];
    expect(importsOf(path).filter((target) => !allowed.includes(roomOf(target)))).toEqual([]);
  });

  test.each(files)(
    "%s ends its relative imports with .ts, so that Deno runs it as it is",
    (path) => {
      expect(importsOf(path).filter((target) => !target.endsWith(".ts"))).toEqual([]);
    },
  );
});
