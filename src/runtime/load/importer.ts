/**
 * What a runtime of a node takes an image with. Each looks before and after, because what an import reports and what the
 * runtime then has are two things.
 *
 * @module
 */
import type { Digest } from "../../oci/digest.ts";

/** An image as it is to be on a node. */
export interface NodeImage {
  /** `repository:tag`, each. */
  readonly names: readonly string[];
  readonly repository: string;
  /** What the names are to lead to: the index, or the manifest of one platform. */
  readonly root: Digest;
  /** Of the node's platform. */
  readonly manifest: Digest;
  readonly config: Digest;
  /** The node's platform: `linux/arm/v7`. */
  readonly platform: string;
  /** Of the archive: of every platform or of that alone. */
  readonly whole: boolean;
}

/** What a runtime has under a name. */
export interface Held {
  readonly name: string;
  /** As the runtime tells it; undefined when it has nothing under the name. */
  readonly digest: string | undefined;
  /** Undefined where the runtime has no pins. */
  readonly pinned: boolean | undefined;
  /** What is not as it is to be, as a part of a sentence; undefined when all is. */
  readonly wrong: string | undefined;
}

/** One runtime's way. */
export interface Importer {
  /** Does it keep an index, so that the digest is the one that everybody knows? */
  readonly keepsIndex: boolean;
  /** What the runtime cannot do, as sentences. */
  readonly limits: readonly string[];
  /** The commands that {@link Importer.take} would run, for people. */
  plan(file: string, image: NodeImage): readonly string[];
  /**
   * Each name that the image is to have there, or the file that is to lie there.
   *
   * @throws HiatusError `RUNTIME` when it cannot be asked.
   */
  look(file: string, image: NodeImage, signal: AbortSignal | undefined): Promise<readonly Held[]>;
  /**
   * Imports an archive and names what is in it.
   *
   * @throws HiatusError `RUNTIME` with the command that failed.
   */
  take(file: string, image: NodeImage, signal: AbortSignal | undefined): Promise<void>;
}
