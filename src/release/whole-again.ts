/**
 * What a tag named before, made whole before the tag is put back. A registry may have forgotten parts of it once the tag moved:
 * zot drops an index with its only tag, and with it the children that no other index has, and takes it back without them.
 *
 * @module
 */
import { HiatusError, isHiatusError } from "../errors.ts";
import { runAll } from "../graph/pool.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseDocument } from "../oci/document.ts";
import { hasSuccessors } from "../oci/media-type.ts";
import { DEPTH_LIMIT, neededBy } from "../store/closure.ts";
import type { Source, StoreOptions } from "../store/source.ts";
import { fetchContent, readAll } from "../store/verify.ts";
import { anySource } from "./any-source.ts";
import type { OpenMirror } from "./mirror-stores.ts";

/** Most questions to a mirror at a time. */
const WIDTH = 8;

/**
 * Asks a mirror for all that a manifest or index names, and gives it again what it lacks: from its own blobs, among which a
 * manifest may still be that is none any more, or from another mirror.
 *
 * @param bytes of `root`.
 * @param others may have what is missing; asked in their order.
 * @throws HiatusError `INCOMPLETE` when nobody has it; what the mirror refuses.
 */
export async function makeWholeAgain(
  { mirror, store, fresh }: OpenMirror,
  root: Descriptor,
  bytes: Uint8Array,
  others: readonly Pick<Source, "fetch">[],
  options: StoreOptions = {},
): Promise<void> {
  const from = anySource([asBlobs(fresh), ...others]);
  const fill = async (parent: Descriptor, content: Uint8Array, depth: number): Promise<void> => {
    const children = depth > DEPTH_LIMIT ? [] : partsOf(parent, content);
    const give = async (child: Descriptor): Promise<void> => {
      if (await fresh.exists(child, options)) return;
      if (!hasSuccessors(child.mediaType)) {
        await store.push(child, fetchContent(from, child, options), options);
        return;
      }
      const read = await readAll(from, child, options);
      await fill(child, read, depth + 1);
      await store.push(child, read, options);
    };
    for (const outcome of await runAll(children, WIDTH, give, options.signal)) {
      if (!outcome.ok) throw outcome.error;
    }
  };
  try {
    await fill(root, bytes, 1);
  } catch (error) {
    if (!isHiatusError(error, "NOT_FOUND", "INCOMPLETE")) throw error;
    const place = `${mirror.registry}/${mirror.repository}`;
    throw new HiatusError(
      "INCOMPLETE",
      `${place} does not have all of ${root.digest} any more, and nobody else does: ${error.message}`,
      {
        detail: { mirror: mirror.name, digest: root.digest },
        hint: `Push that image to ${place} again, then roll back again; the tag stays with the new image until then`,
        cause: error,
      },
    );
  }
}

/** Of what is no manifest, or a broken one, there are none: that is put back as it was. */
function partsOf(parent: Descriptor, content: Uint8Array): readonly Descriptor[] {
  try {
    return neededBy(parseDocument(content, parent.mediaType));
  } catch (error) {
    if (isHiatusError(error)) return [];
    throw error;
  }
}

/** A source that takes what it is asked for, manifests too, for blobs. */
function asBlobs(source: Pick<Source, "fetch">): Pick<Source, "fetch"> {
  return {
    fetch: (descriptor, options) =>
      source.fetch({ ...descriptor, mediaType: "application/octet-stream" }, options),
  };
}
