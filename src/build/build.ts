/**
 * From sources to a folder: compile, assemble, write, record, compare with the lock, rename into place.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { fromSystemError, HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { ImageFormat } from "../oci/media-type.ts";
import type { Layout } from "../store/layout.ts";
import { compileReaper } from "./compile.ts";
import type { ImageDefinition, InlineMode } from "./definition.ts";
import type { OnEvent } from "./events.ts";
import {
  compareLock,
  formatLock,
  type LockDifference,
  lockError,
  lockOf,
  lockPath,
  readLock,
} from "./lock.ts";
import { replaceFile, stage } from "./output.ts";
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
  /** Compilers at a time. @default the number of processors */
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

/** A finished build. */
export interface BuildResult {
  /** Absolute path of the folder with `oci/`, `bin/`, the archive and `build.json`. */
  readonly folder: string;
  readonly tag: string;
  readonly index: Descriptor;
  readonly record: BuildRecord;
  /** Where the lock differs; empty when it agrees, undefined when there is none. */
  readonly lockDifferences: readonly LockDifference[] | undefined;
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
  const { definition, folder } = await readDefinition(image, cwd);
  const plan = planBuild(definition, options);
  const lock = await readLock(folder);
  if (options.locked && lock === undefined) throw lockMissing(folder);
  const { signal } = options;
  const reapers = await compileReaper(plan.rows, plan.stamp, compileOptionsOf(options));

  const target = join(resolve(cwd, options.out ?? "dist"), definition.name);
  try {
    const staging = await stage(target);
    try {
      const { layout, index, record } = await writeBuild(
        staging.folder,
        definition,
        plan,
        reapers,
        signal,
      );
      await options.beforeCommit?.({ definition, layout, index, stamp: plan.stamp });
      const lockDifferences = lock && compareLock(lock, lockOf(record));
      if (options.locked) demandEqual(folder, lockDifferences);
      signal?.throwIfAborted();
      await staging.commit();
      if (options.updateLock) await replaceFile(lockPath(folder), formatLock(lockOf(record)));
      return {
        folder: target,
        tag: plan.version,
        index,
        record,
        lockDifferences: options.updateLock ? [] : lockDifferences,
      };
    } finally {
      await staging.discard();
    }
  } catch (error) {
    throw fromSystemError(error, `Cannot write the build to "${target}"`);
  }
}

function compileOptionsOf(options: BuildOptions) {
  const { toolchain, jobs, cacheDir, signal, onEvent } = options;
  return {
    ...(toolchain === undefined ? {} : { toolchain }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(cacheDir === undefined ? {} : { cacheDir }),
    ...(signal === undefined ? {} : { signal }),
    ...(onEvent === undefined ? {} : { onEvent }),
  };
}

function lockMissing(folder: string): HiatusError {
  return new HiatusError("CONFIG", `There is no lock "${lockPath(folder)}" to compare with`, {
    hint: "Write it with --update-lock and commit it",
  });
}

function demandEqual(folder: string, differences: readonly LockDifference[] | undefined): void {
  if (differences !== undefined && differences.length > 0) {
    throw lockError(lockPath(folder), differences);
  }
}
