/**
 * Bringing an image near before it is looked through one thing at a time.
 *
 * @module
 */
import { isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { isDistant, type Source } from "../store/source.ts";

/**
 * A source far away that was read ahead, many at a time and each thing once; every byte is verified as it comes. What is on
 * this machine is given back as it is.
 *
 * @param wanted which contents besides manifests.
 * @throws whatever keeps it from being read, but not what is wrong with the content: that is for whoever looks at it.
 */
export async function bringNear(
  source: Source,
  root: Descriptor,
  signal: AbortSignal,
  wanted: (blob: Descriptor) => boolean = () => true,
): Promise<Source> {
  if (!isDistant(source)) return source;
  const [{ planCopy }, { fetchAhead }, { remember, withFetch }] = await Promise.all([
    import("../graph/plan.ts"),
    import("../graph/ahead.ts"),
    import("../store/remember.ts"),
  ]);
  const kept = remember(source);
  try {
    const { blobs } = await planCopy(kept, undefined, [root], { signal, concurrency: 32 });
    await fetchAhead(kept, blobs.filter(wanted), { signal, concurrency: 32 });
  } catch (error) {
    if (!isHiatusError(error, "CONTENT", "NOT_FOUND", "INVALID")) throw error;
  }
  return withFetch(source, kept);
}
