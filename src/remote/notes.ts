/**
 * What one repository object remembers of what went through it, so that nothing is asked or sent twice. All of it may be
 * out of date: whoever relies on it must bear that, or ask.
 *
 * @module
 */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Session } from "./session.ts";

/** Most bytes of manifests that are kept. */
const DOCUMENTS_LIMIT = 16 * 1024 * 1024;
/** Most names that are kept of each kind. */
const NAMES_LIMIT = 100_000;

/** A manifest that went through here. */
interface Kept {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** The notes of one repository. */
export interface Notes {
  /** Blobs that are there: they were pushed, mounted or seen. */
  readonly present: Set<Digest>;
  /** Blobs of which the registry said that they are not there. */
  readonly absent: Set<Digest>;
  /** Content that the registry said to have and then did not. What it says of it counts no more until it is pushed again. */
  readonly doubted: Set<Digest>;
  /** Uploads that the registry began when it was asked for something else. */
  readonly sessions: Map<Digest, Session>;
  /** An upload that was begun before it was known for which blob: the first one that is small enough takes it. */
  spare: Session | undefined;
  /** What a tag was seen to name, undefined for nothing. */
  readonly tags: Map<string, Digest | undefined>;
  /** Was anything deleted through this object? Then what is whole by its manifest may have lost a part. */
  deleted: boolean;
  /** Keeps the bytes of a manifest, which were verified. */
  keep(descriptor: Descriptor, bytes: Uint8Array): void;
  /** A manifest that was kept. */
  kept(descriptor: Descriptor): Kept | undefined;
  /** Forgets what is known of a content. */
  forget(digest: Digest): void;
}

/** Notes with nothing in them. */
export function createNotes(): Notes {
  const documents = new Map<Digest, Kept>();
  let bytesKept = 0;

  const drop = (digest: Digest): void => {
    bytesKept -= documents.get(digest)?.bytes.byteLength ?? 0;
    documents.delete(digest);
  };

  const notes: Notes = {
    present: new BoundedSet(),
    absent: new BoundedSet(),
    doubted: new BoundedSet(),
    sessions: new Map(),
    spare: undefined,
    tags: new Map(),
    deleted: false,
    keep({ digest, mediaType }, bytes) {
      drop(digest);
      if (bytes.byteLength > DOCUMENTS_LIMIT / 2) return;
      documents.set(digest, { mediaType, bytes });
      bytesKept += bytes.byteLength;
      for (const other of documents.keys()) {
        if (bytesKept <= DOCUMENTS_LIMIT) break;
        drop(other);
      }
    },
    kept: ({ digest }) => documents.get(digest),
    forget(digest) {
      drop(digest);
      for (const set of [notes.present, notes.absent, notes.doubted]) set.delete(digest);
      notes.sessions.delete(digest);
    },
  };
  return notes;
}

/** A set that lets go of its oldest values when it is full. */
class BoundedSet extends Set<Digest> {
  override add(value: Digest): this {
    if (this.size >= NAMES_LIMIT) {
      const [oldest] = this;
      if (oldest !== undefined) this.delete(oldest);
    }
    return super.add(value);
  }
}
