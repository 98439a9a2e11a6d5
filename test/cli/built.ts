/** The pause image, built once for the tests of a file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { hiatus } from "./command.ts";

/** Builds some platforms before the tests. Gives the path of the output: `oci/`, the archive, `build.json`. */
export function useBuild(platforms: string): () => string {
  let built: string;
  beforeAll(async () => {
    built = mkdtempSync(join(tmpdir(), "hiatus-test-"));
    const image = join(packageRoot(), "images", "pause");
    const args = ["build", image, "-q", "--out", "out", "--platform", platforms];
    expect(await hiatus(args, { cwd: built })).toMatchObject({ code: 0 });
  }, 60_000);
  afterAll(() => rmSync(built, { recursive: true }));
  return () => join(built, "out", "pause");
}
