/** Modules of ours for processes of their own: Node 20 does not strip types. */
import { join } from "node:path";
import { build } from "esbuild";
import { packageRoot } from "../src/package-root.ts";

/** Bundles a module, named from the root, into a folder, and returns the path of the result. */
export async function bundle(module: string, folder: string): Promise<string> {
  const outfile = join(folder, `${module.replaceAll("/", "-")}.mjs`);
  await build({
    absWorkingDir: packageRoot(),
    entryPoints: [module],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
  });
  return outfile;
}
