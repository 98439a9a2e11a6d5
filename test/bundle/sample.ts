/** Images to bundle: one as the contract's stores hold it, with a signature by referrer and one by tag. */
import type { ArchivedImage } from "../../src/bundle/contents.ts";
import { findAttachments } from "../../src/graph/attachments.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import { type Piece, pushAll, referrer, type Sample, sample } from "../contract/sample.ts";

/** An image in memory, with everything that is attached to it. */
export interface BundleSample {
  readonly store: Memory;
  readonly content: Sample;
  /** cosign's, found by its tag. */
  readonly signed: Piece;
  readonly image: ArchivedImage;
}

/** Makes one. `text` tells images apart. */
export async function bundleSample(text = "layer"): Promise<BundleSample> {
  const store = createMemory();
  const content = sample(text);
  await pushAll(store, [...content.all, ...content.signatureBlobs, content.signature]);
  const signed = referrer(content.index, "by tag");
  await pushAll(store, [...signed.blobs, signed.manifest]);
  const root = content.index.descriptor;
  await store.tag(signed.manifest.descriptor, `${root.digest.replace(":", "-")}.sig`);
  await store.tag(root, "3.10.2");
  const attachments = await findAttachments(store, root);
  return { store, content, signed: signed.manifest, image: { source: store, root, attachments } };
}

/** Names for it. */
export const NAMES = { repository: "registry.k8s.io/pause", tags: ["3.10.2", "3.10"] } as const;
