/** Verifying made images, and what did not pass as lines. */
import { type StructureOptions, verifyStructure } from "../../src/verify/structure.ts";
import { type Changes, type Json, makeImage, STAMP } from "./made-image.ts";

/** What sound images of these tests promise. */
export const PROMISED: StructureOptions = {
  stamp: STAMP,
  entrypoint: ["/pause"],
  user: "65535:65535",
  labels: {},
};

/** Every result for an image of the programs. */
export async function resultsOf(
  programs: ReadonlyMap<string, Uint8Array>,
  changes: Changes,
  options: StructureOptions = PROMISED,
) {
  const { source, root } = makeImage(programs, changes);
  return verifyStructure(source, root, options);
}

/** `subject: check: evidence` of what did not pass. */
export async function problemsOf(
  programs: ReadonlyMap<string, Uint8Array>,
  changes: Changes,
  options?: StructureOptions,
): Promise<string[]> {
  const results = await resultsOf(programs, changes, options);
  return results
    .filter(({ status }) => status !== "passed")
    .map(
      ({ subject, check, evidence, status }) =>
        `${subject}: ${check}: ${status === "failed" ? "" : "(not tried) "}${evidence}`,
    );
}

/** A change of one platform alone. */
export const only =
  <T>(platform: string, change: (value: T) => unknown) =>
  (value: T, name: string) =>
    name === platform ? change(value) : value;

/** A change of how the image is run. */
export const withConfig = (change: Json) => (config: Json) => ({
  ...config,
  config: { ...(config.config as Json), ...change },
});
