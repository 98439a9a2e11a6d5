import type { Descriptor } from "../oci/descriptor.ts";
import type { Source } from "../store/source.ts";
export async function openSource(reference: string, signal: AbortSignal): Promise<{source: Source; root: Descriptor; tag: string|undefined; close(): Promise<void>}> {
  throw new Error(`${reference} ${signal}`);
}
