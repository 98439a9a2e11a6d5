/**
 * The build as users mean it: built, then verified before it takes its place.
 *
 * @module
 */
import {
  type BuildOptions,
  type BuildResult,
  buildInto,
  type StagedBuild,
} from "../build/build.ts";
import { HiatusError } from "../errors.ts";
import { type VerifyResult, verifyImage } from "../verify/verify.ts";

/** How to build and verify. */
export interface BuildImageOptions extends BuildOptions {
  /** Run the programs as well, as {@link verifyImage} does? What cannot be tried is a warning. @default false */
  readonly verify?: boolean | undefined;
}

/** A build that was verified. */
export interface VerifiedBuild extends BuildResult {
  /** How many checks passed. None failed. */
  readonly checks: number;
}

/**
 * Builds an image for all its platforms, reads everything back from the disk, checks it against what the
 * definition promises, and only then puts it into place.
 *
 * @param image - Name under `images/`, or a folder or file with a definition. @default "pause"
 * @throws HiatusError as {@link buildInto}; `CONTENT` when what was read back fails a check, `DIFFERENCE` when a program
 * does not do what it has to. In each case the previous output is untouched.
 * @example
 * const { index } = await buildImage("pause", { platforms: ["linux/arm64"] });
 */
export async function buildImage(
  image = "pause",
  options: BuildImageOptions = {},
): Promise<VerifiedBuild> {
  let checks = 0;
  const result = await buildInto(image, {
    ...options,
    async beforeCommit(build) {
      const results = await verifyBuild(build, options);
      checks = results.filter(({ status }) => status === "passed").length;
      await options.beforeCommit?.(build);
    },
  });
  return { ...result, checks };
}

async function verifyBuild(
  { layout, index, stamp, definition }: StagedBuild,
  { verify = false, signal, onEvent }: BuildImageOptions,
): Promise<readonly VerifyResult[]> {
  const results = await verifyImage(layout, index, {
    stamp,
    entrypoint: definition.entrypoint,
    user: definition.user,
    labels: definition.labels,
    behaviour: verify,
    signal,
  });
  const failed = results.filter(({ status }) => status === "failed");
  if (failed.length > 0) throw failure(failed);
  const skipped = results.filter(({ status }) => status === "not tried");
  if (skipped.length > 0) {
    const reasons = [...new Set(skipped.map(({ evidence }) => evidence))];
    onEvent?.({
      type: "warning",
      message: `${skipped.length} of ${results.length} checks were not tried`,
      hint: reasons.join("\n"),
    });
  }
  return results;
}

function failure(failed: readonly VerifyResult[]): HiatusError {
  const list = failed.map(({ subject, check, evidence }) => `${subject}: ${check}: ${evidence}`);
  const structure = failed.some(({ part }) => part === "structure");
  return new HiatusError(
    structure ? "CONTENT" : "DIFFERENCE",
    `The build failed its own checks\n  ${list.join("\n  ")}`,
    {
      detail: { failed },
      hint: structure
        ? "This is a mistake in hiatus or in its disk; please report it with these lines"
        : "Look at native/reaper/pause.c, or build with the pinned compiler: --toolchain zig",
    },
  );
}
