/** A node's files below a folder that takes the place of /. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NodeConfig } from "../../src/index.ts";

/** Writes a node's files below a folder, so that the main file reads the drop-ins there. Returns the main file. */
export function writeNode(root: string, { files, edits }: NodeConfig, main: string): string {
  for (const { path, content } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const head = (edits[0]?.content ?? "").replaceAll('"/etc/', `"${root}/etc/`);
  // What stands there already counts.
  const text = main.includes("version =") ? head.replace(/^version = .*\n/m, "") : head;
  const path = join(root, "etc/containerd/config.toml");
  writeFileSync(path, text + main);
  return path;
}
