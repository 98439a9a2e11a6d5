/**
 * Saying of a push that was refused what may be missing: the repository itself.
 *
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import type { Remote } from "./remote.ts";

/**
 * Runs a push. Where the registry knows no such place, the error says who has to make it: what is "not found" then is not the
 * content.
 */
export async function named<T>(remote: Remote, push: () => Promise<T>): Promise<T> {
  try {
    return await push();
  } catch (error) {
    if (!isHiatusError(error, "NOT_FOUND") || error.detail.status !== 404) throw error;
    const { needs } = remote.profile;
    throw new HiatusError("REGISTRY", error.message, {
      detail: error.detail,
      hint: `Make sure that ${needs ?? "the repository"} exists and that you may push to it`,
      cause: error,
    });
  }
}
