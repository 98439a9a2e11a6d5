/**
 * Why something did not arrive, short enough to be read.
 *
 * @module
 */
import { HiatusError, isHiatusError } from "../../errors.ts";
import type { CopyFailure } from "../../graph/copy.ts";

/**
 * The error of a copy with its first failure in words and the others as a number; all of them stay in its detail. Other
 * errors are returned as they are.
 *
 * @param arrived the image did, and this is about what was attached to it.
 */
export function describeFailure(error: unknown, arrived: boolean): unknown {
  if (!isHiatusError(error)) return error;
  const { code, detail, hint } = error;
  const failures = detail.failures as readonly CopyFailure[] | undefined;
  const [first] = failures ?? [];
  const prefix = arrived ? "The image arrived, and what is attached to it did not: " : "";
  if (failures === undefined || first === undefined) return error;
  const alike = failures.length - 1;
  const others =
    alike === 0
      ? ""
      : ` (and ${alike} more ${alike === 1 ? "content" : "contents"} could not be copied)`;
  const side = first.operation === "fetch" ? "reading it failed: " : "";
  return new HiatusError(code, `${prefix}${side}${first.message}${others}`, {
    detail,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}
