/** A folder to release from: a definition of two platforms with its lock and its build, and mirrors on loopback. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Digest } from "../../src/oci/digest.ts";
import { packageRoot } from "../../src/package-root.ts";
import type { Mirror } from "../../src/release/model.ts";
import { scratch } from "../folder.ts";
import {
  type RealMirror,
  type RealMirrorOptions,
  realMirror,
} from "../release/real/real-mirror.ts";
import { type Ended, hiatus, start } from "./command.ts";

export const VERSION = "3.10.2";
/** In the order in which they are moved. */
export const TAGS = [VERSION, "3.10", "3.9"];

let built: string;

/** Has the image built before the tests of a file. */
export function useBuild(): void {
  beforeAll(async () => {
    built = mkdtempSync(join(tmpdir(), "hiatus-test-"));
    writeDefinition(built);
    const { code, stderr } = await hiatus(["build", "--update-lock", "-q"], { cwd: built });
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => rmSync(built, { recursive: true, force: true }));
}

function writeDefinition(cwd: string): void {
  const text = readFileSync(join(packageRoot(), "images", "pause", "image.yaml"), "utf8");
  const folder = join(cwd, "images", "pause");
  mkdirSync(folder, { recursive: true });
  const fewer = text
    .replaceAll(/^ {2}- linux\/.*\n/gm, (line) => (/amd64|arm64/.test(line) ? line : ""))
    .replaceAll(/^ {2}- "3\.[0-9.]+"\n/gm, (line) => (line.includes('"3.9"') ? line : ""));
  writeFileSync(join(folder, "image.yaml"), fewer);
}

/** The folder, and what can be done in it. */
export interface ReleaseWorld {
  readonly cwd: string;
  /** Of the index that was built. */
  readonly digest: Digest;
  /** Runs the command to its end. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Starts the command. */
  start(...args: readonly string[]): ReturnType<typeof start>;
  /** Starts mirrors and writes them into mirrors.yaml, below what else the file says. */
  mirrors(
    names: readonly string[],
    options?: (name: string) => WorldMirrorOptions,
    more?: string,
  ): Promise<readonly RealMirror[]>;
  journal(): string;
}

/** How a mirror behaves, and further lines of its entry. */
export interface WorldMirrorOptions extends RealMirrorOptions {
  readonly entry?: readonly string[];
  readonly settings?: Partial<Mirror>;
}

/** Makes a folder for the test that is running. */
export function releaseWorld(): ReleaseWorld {
  const cwd = scratch();
  cpSync(built, cwd, { recursive: true });
  const lock = JSON.parse(readFileSync(join(cwd, "images", "pause", "digests.json"), "utf8")) as {
    readonly index: { readonly digest: Digest };
  };
  return {
    cwd,
    digest: lock.index.digest,
    run: (...args) => hiatus(args, { cwd }),
    start: (...args) => start(args, { cwd }),
    async mirrors(names, options = () => ({}), more = "") {
      const lines = ["version: 1", more, "mirrors:"].filter((line) => line !== "");
      const started: RealMirror[] = [];
      for (const name of names) {
        const { entry = [], ...rest } = options(name);
        const one = await realMirror(name, rest);
        started.push(one);
        lines.push(`  - name: ${name}`, `    repository: ${one.host}/team/{image}`);
        lines.push(...entry.map((line) => `    ${line}`));
      }
      writeFileSync(join(cwd, "mirrors.yaml"), `${lines.join("\n")}\n`);
      return started;
    },
    journal: () => readFileSync(join(cwd, "dist", "release", `pause-${VERSION}.ndjson`), "utf8"),
  };
}

/** Writes that are more than asking whether one may write. */
export function changesAt({ writes }: RealMirror): readonly string[] {
  return writes().filter(
    (write) =>
      !/^POST .*\/uploads\/(?:\?mount=[^&]+&from=[^&]+)?$/.test(write) &&
      !/^DELETE .*\/uploads\//.test(write),
  );
}
