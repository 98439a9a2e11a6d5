/**
 * Where this package lies. The sources of the reaper and the image definitions are data beside the code.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let root: string | undefined;

/** Absolute path of the folder that holds `package.json`, the same from sources, compiled code and bundles. */
export function packageRoot(): string {
  if (root === undefined) {
    let folder = dirname(fileURLToPath(import.meta.url));
    while (!existsSync(join(folder, "native", "reaper")) && dirname(folder) !== folder) {
      folder = dirname(folder);
    }
    root = folder;
  }
  return root;
}
