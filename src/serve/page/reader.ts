/**
 * Reads what one view of the page shows: each document once, and not more than a view may cost. What cannot be read is
 * an answer as well, in words for a person, so that one damaged manifest does not take the list away.
 *
 * @module
 */
import { isHiatusError } from "../../errors.ts";
import { parseImageConfig } from "../../oci/config.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { parseDocument, READ_LIMIT } from "../../oci/document.ts";
import type { ImageConfig, Index, Manifest } from "../../oci/manifest.ts";
import type { Source } from "../../store/source.ts";
import { readAll } from "../../store/verify.ts";
import { DOCUMENT_BYTES_LIMIT, DOCUMENTS_LIMIT } from "./limits.ts";

/** What was read, or why not: a sentence without its full stop. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string };

/** Reads for one view. */
export interface Reader {
  /** The verified bytes of a manifest, an index or a config. */
  bytes(descriptor: Descriptor): Promise<Read<Uint8Array>>;
  document(descriptor: Descriptor): Promise<Read<Manifest | Index>>;
  config(descriptor: Descriptor): Promise<Read<ImageConfig>>;
}

/** What is said of content that is damaged: errors name places of this machine, which are for the log. */
const UNREADABLE = "It cannot be read; the log of the registry says why";

/** What goes with reading. */
export interface ReaderOptions {
  /** Is told why something cannot be read. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** A reader over one repository. An abort is thrown as it came, and so is every error that is not about content. */
export function createReader(source: Pick<Source, "fetch">, options: ReaderOptions): Reader {
  const { signal, onError } = options;
  const before = new Map<string, Promise<Read<Uint8Array>>>();
  let left = DOCUMENT_BYTES_LIMIT;

  const read = async (descriptor: Descriptor): Promise<Read<Uint8Array>> => {
    if (descriptor.size > READ_LIMIT) return { ok: false, why: "It is too large to be shown" };
    left -= descriptor.size;
    if (before.size >= DOCUMENTS_LIMIT || left < 0) {
      return { ok: false, why: "Not read, because this page has read enough" };
    }
    return attempt(() => readAll(source, descriptor, { signal }), onError);
  };
  const bytes = (descriptor: Descriptor): Promise<Read<Uint8Array>> => {
    const key = `${descriptor.digest} ${descriptor.size}`;
    const reading = before.get(key) ?? read(descriptor);
    before.set(key, reading);
    return reading;
  };
  const parsed = async <T>(
    descriptor: Descriptor,
    parse: (bytes: Uint8Array) => T,
  ): Promise<Read<T>> => {
    const found = await bytes(descriptor);
    if (!found.ok) return found;
    try {
      return { ok: true, value: parse(found.value) };
    } catch (error) {
      // What is wrong with a document is said of its own words only.
      if (isHiatusError(error, "CONTENT")) return { ok: false, why: error.message };
      throw error;
    }
  };
  return {
    bytes,
    document: (descriptor) =>
      parsed(descriptor, (value) => parseDocument(value, descriptor.mediaType)),
    config: (descriptor) => parsed(descriptor, parseImageConfig),
  };
}

/** What some reading gives, or why it gives nothing, which `onError` is told more of. */
export async function attempt<T>(
  work: () => Promise<T>,
  onError: (error: unknown) => void,
): Promise<Read<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (isHiatusError(error, "NOT_FOUND")) return { ok: false, why: "It is not here" };
    if (!isHiatusError(error, "CONTENT")) throw error;
    onError(error);
    return { ok: false, why: UNREADABLE };
  }
}
