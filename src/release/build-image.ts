/**
 * The build as users mean it: built, then verified before it takes its place.
 *
 * @module
 */
import { type BuildOptions, type BuildResult, buildInto } from "../build/build.ts";
import { HiatusError } from "../errors.ts";
import { verifyStructure } from "../verify/structure.ts";

/** A build that was verified. */
export interface VerifiedBuild extends BuildResult {
  /** How many checks of its structure passed. */
  readonly checks: number;
}

/**
 * Builds an image for all its platforms, reads everything back from the disk, checks it against what the
 * definition promises, and only then puts it into place.
 *
 * @param image - Name under `images/`, or a folder or file with a definition. @default "pause"
 * @throws HiatusError as {@link buildInto}; `CONTENT` when what was read back fails a check.
 * @example
 * const { index } = await buildImage("pause", { platforms: ["linux/arm64"] });
 */
export async function buildImage(
  image = "pause",
  options: BuildOptions = {},
): Promise<VerifiedBuild> {
  let checks = 0;
  const result = await buildInto(image, {
    ...options,
    async beforeCommit(build) {
      const results = await verifyStructure(build.layout, build.index, {
        stamp: build.stamp,
        entrypoint: build.definition.entrypoint,
        user: build.definition.user,
        labels: build.definition.labels,
        signal: options.signal,
      });
      const failed = results.filter((result) => result.status === "failed");
      if (failed.length > 0) {
        const list = failed.map(
          ({ subject, check, evidence }) => `${subject}: ${check}: ${evidence}`,
        );
        throw new HiatusError(
          "CONTENT",
          `The build failed its own checks\n  ${list.join("\n  ")}`,
          {
            detail: { failed },
            hint: "This is a mistake in hiatus or in its disk; please report it with these lines",
          },
        );
      }
      checks = results.length;
      await options.beforeCommit?.(build);
    },
  });
  return { ...result, checks };
}
