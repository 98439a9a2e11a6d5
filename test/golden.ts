/** Golden bytes: `HIATUS_UPDATE_GOLDEN=1 npm test` writes them, and the diff is for people to judge. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The golden bytes of a name, after writing them when they are to be updated. */
export function golden(name: string, actual: Uint8Array): Buffer {
  const path = fileURLToPath(new URL(`./golden/${name}`, import.meta.url));
  if (process.env.HIATUS_UPDATE_GOLDEN === "1" && !isSame(path, actual)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  return readFileSync(path);
}

function isSame(path: string, actual: Uint8Array): boolean {
  return existsSync(path) && readFileSync(path).equals(actual);
}
