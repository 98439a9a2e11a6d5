/** Folders that look as if a build had written them. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const FILES = ["oci/index.json", "oci/blobs/a", "bin/linux-amd64/pause", "pause-1.tar"];

/** Writes what a build leaves; every file says `name`. */
export function fillBuild(folder: string, name: string): void {
  for (const file of FILES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), name);
  }
  const record = { name, archive: { path: "pause-1.tar" } };
  writeFileSync(join(folder, "build.json"), JSON.stringify(record));
}

/** The name that every file of a build says; throws when one is missing, or says something else. */
export function nameOfBuild(folder: string): string {
  const { name } = JSON.parse(readFileSync(join(folder, "build.json"), "utf8")) as { name: string };
  for (const file of FILES) {
    const said = readFileSync(join(folder, file), "utf8");
    if (said !== name) throw new Error(`${file} is of "${said}" and the record of "${name}"`);
  }
  if (readdirSync(folder).length !== 4) throw new Error(`${folder} holds more than a build`);
  return name;
}
