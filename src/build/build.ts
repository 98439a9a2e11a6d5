/**
 * From sources to a folder: compile, assemble, write, record, compare with the lock, rename into place.
 *
 * @module
 */
import { setMaxListeners } from "node:events";
import { join, resolve } from "node:path";
import { fromSystemError, HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { ImageFormat } from "../oci/media-type.ts";
import type { Layout } from "../store/layout.ts";
import { compileReaper } from "./compile.ts";
import type { ImageDefinition, InlineMode } from "./definition.ts";
import type { OnEvent } from "./events.ts";
import { preloadLayer } from "./layer.ts";
import {
  compareLock,
  formatLock,
  type Lock,
  type LockDifference,
  lockError,
  lockOf,
  lockPath,
  readLock,
} from "./lock.ts";
import { stage, stageFile } from "./output.ts";
import { planBuild } from "./plan.ts";
import { readDefinition } from "./read-definition.ts";
import type { BuildRecord } from "./record.ts";
import type { ToolchainName } from "./toolchain.ts";
import { writeBuild } from "./write.ts";

/** How to build. */
export interface BuildOptions {
  /** @default the definition's */
  readonly version?: string | undefined;
  /** Revision that is added to the stamp in the binary, such as `git describe` prints. @default none */
  readonly stamp?: string | undefined;
  /** `os/architecture[/variant]`. @default the definition's, all of them */
  readonly platforms?: readonly string[] | undefined;
  /** Folder that gets `<name>/`. @default "dist" */
  readonly out?: string | undefined;
  /** Folder that relative paths start from. @default the current one */
  readonly cwd?: string | undefined;
  /** @default "zig" */
  readonly toolchain?: ToolchainName | undefined;
  /** @default "oci" */
  readonly format?: ImageFormat | undefined;
  /** @default the definition's */
  readonly inline?: InlineMode | undefined;
  /** Fail when the digests are not those of the lock. @default false */
  readonly locked?: boolean | undefined;
  /** Write the lock anew. @default false */
  readonly updateLock?: boolean | undefined;
  /** Compilers at a time. @default twice the number of processors */
  readonly jobs?: number | undefined;
  /** Folder of the compile cache, null for none. @default see `cacheDirOf` */
  readonly cacheDir?: string | null | undefined;
  /** Seconds since 1970, the only date that reaches the image. @default none */
  readonly sourceDateEpoch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
  /** Called when everything is written and not yet in place; if it throws, the previous output stays. */
  readonly beforeCommit?: ((build: StagedBuild) => Promise<void>) | undefined;
}

/** A build that is written, but not yet where it belongs. */
export interface StagedBuild {
  readonly definition: ImageDefinition;
  readonly layout: Layout;
  readonly index: Descriptor;
  readonly stamp: string;
}

/** What became of the lock: there is none, it says what was built, it says something else, it was written anew. */
export type LockState = "absent" | "matches" | "differs" | "written";

/** A finished build. */
export interface BuildResult {
  /** Absolute path of the folder with `oci/`, `bin/`, the archive and `build.json`. */
  readonly folder: string;
  readonly tag: string;
  readonly index: Descriptor;
  readonly record: BuildRecord;
  readonly lock: LockState;
  /** Where the lock differs; empty unless `lock` is "differs". */
  readonly lockDifferences: readonly LockDifference[];
}

/**
 * Builds an image for all its platforms. The digests depend on sources, definition, version, stamp, format,
 * inline mode, date and toolchain, and on nothing else.
 *
 * @param image - Name under `images/`, or a folder or file with a definition.
 * @throws HiatusError `CONFIG`, `USAGE` or `INVALID` for wrong input; `TOOLCHAIN` when a compiler is
 * missing or fails; `CONTENT` when a binary is not what its platform says; `DIFFERENCE` when `locked`
 * and the digests differ; `IO` when the disk refuses. In each case the previous output is untouched.
 */
export async function buildInto(image: string, options: BuildOptions = {}): Promise<BuildResult> {
  const cwd = resolve(options.cwd ?? ".");
  if (options.out === "") throw noFolder();
  const { definition, folder } = await readDefinition(image, cwd);
  const plan = planBuild(definition, options);
  const path = lockPath(folder);
  // One that is about to be written anew may be as wrong as it likes.
  const locked = options.updateLock ? undefined : await readLock(path);
  if (options.locked && locked === undefined) throw lockMissing(path);
  const { signal } = options;
  preloadLayer();
  const reapers = await compileReaper(plan.rows, plan.stamp, compileOptionsOf(options));

  const target = join(resolve(cwd, options.out ?? "dist"), definition.name);
  try {
    const staging = await stage(target);
    try {
      const written = await writeBuild(staging.folder, definition, plan, reapers, signal);
      const { layout, index, record } = written;
      await options.beforeCommit?.({ definition, layout, index, stamp: plan.stamp });
      const lockDifferences = locked === undefined ? [] : compareLock(locked, lockOf(record));
      if (options.locked && lockDifferences.length > 0) throw lockError(path, lockDifferences);
      const lock = options.updateLock
        ? await stageFile(path, formatLock(lockOf(record)))
        : undefined;
      try {
        signal?.throwIfAborted();
        await staging.commit();
        await lock?.commit();
      } finally {
        await lock?.discard();
      }
      const state = lock ? "written" : lockStateOf(locked, lockDifferences);
      return { folder: target, tag: plan.version, index, record, lock: state, lockDifferences };
    } finally {
      await staging.discard();
    }
  } catch (error) {
    throw fromSystemError(error, `Cannot write the build to "${target}"`);
  }
}

function lockStateOf(locked: Lock | undefined, differences: readonly LockDifference[]): LockState {
  if (locked === undefined) return "absent";
  return differences.length === 0 ? "matches" : "differs";
}

function compileOptionsOf(options: BuildOptions) {
  const { toolchain, jobs, cacheDir, signal, onEvent } = options;
  return {
    ...(toolchain === undefined ? {} : { toolchain }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(cacheDir === undefined ? {} : { cacheDir }),
    ...(signal === undefined ? {} : { signal: patient(signal) }),
    ...(onEvent === undefined ? {} : { onEvent }),
  };
}

/** The same signal for many listeners: one per compiler that runs, of which Node would warn from the eleventh on. */
function patient(signal: AbortSignal): AbortSignal {
  const follower = AbortSignal.any([signal]);
  setMaxListeners(0, follower);
  return follower;
}

function lockMissing(path: string): HiatusError {
  return new HiatusError("CONFIG", `There is no lock "${path}" to compare with`, {
    detail: { path },
    hint: "Write it with --update-lock and commit it",
  });
}

function noFolder(): HiatusError {
  return new HiatusError("USAGE", "The folder of --out has no name", {
    hint: "Name a folder, or leave --out away to write to dist/",
  });
}
