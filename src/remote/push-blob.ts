/**
 * Pushing blobs: what is known to be there is not sent, small ones are sent without asking, large ones by chunks.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import { collect } from "../store/closure.ts";
import type { StoreOptions } from "../store/source.ts";
import { verified } from "../store/verify.ts";
import { hasBlob } from "./blobs.ts";
import { named } from "./naming.ts";
import { pushedNow, type Remote } from "./remote.ts";
import { uploadStream } from "./stream.ts";
import { uploadBytes } from "./upload.ts";

/**
 * Pushes a blob.
 *
 * @param asks whether to look first.
 * @throws HiatusError `CONTENT` when the bytes are not those of the descriptor; what the registry says; what the stream throws.
 */
export async function pushBlob(
  remote: Remote,
  descriptor: Descriptor,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  asks: boolean,
  options: StoreOptions,
): Promise<void> {
  const { notes } = remote;
  const { digest, size } = descriptor;
  // What fits into a chunk is kept, so that it can be sent again. Verified even when nothing is sent: wrong content is wrong,
  // whatever the registry has.
  const bytes =
    content instanceof Uint8Array || size <= remote.profile.chunk
      ? await collect(descriptor, content, options)
      : undefined;
  const doubted = notes.doubted.has(digest);
  if (
    !doubted &&
    (notes.present.has(digest) || (asks && (await hasBlob(remote, descriptor, options))))
  ) {
    notes.present.add(digest);
    return;
  }
  const begun = notes.sessions.get(digest);
  notes.sessions.delete(digest);
  await named(remote, async () => {
    if (bytes !== undefined) {
      const first = begun ?? notes.spare;
      if (first === notes.spare) notes.spare = undefined;
      await uploadBytes(remote, descriptor, bytes, first, options);
    } else if (!(content instanceof Uint8Array)) {
      const stream = verified(descriptor, content, options);
      await uploadStream(remote, descriptor, stream, begun, options);
    }
  });
  notes.present.add(digest);
  notes.absent.delete(digest);
  notes.doubted.delete(digest);
  pushedNow(remote, digest);
}
