/**
 * What registries want people to know.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#warnings
 * @module
 */
import type { ClientEvent } from "./events.ts";
import { printable } from "./text.ts";
import type { HttpResponse } from "./transport.ts";

/** Most different warnings that are told. */
const WARNING_LIMIT = 100;

/** Tells of the `Warning` headers of an answer, of those that the spec knows: code 299, no agent. */
export function tellWarnings(
  { headers }: HttpResponse,
  registry: string,
  onEvent: (event: ClientEvent) => void,
): void {
  for (const value of headers.all("warning")) {
    const text = /^299 - "((?:[^"\\]|\\.){1,4096})"/.exec(value)?.[1];
    if (text !== undefined) {
      onEvent({ type: "warning", registry, message: printable(text.replace(/\\(.)/g, "$1")) });
    }
  }
}

/** A warning comes with every answer; telling it once is enough. */
export function withoutRepeatedWarnings(
  onEvent: ((event: ClientEvent) => void) | undefined,
): (event: ClientEvent) => void {
  const seen = new Set<string>();
  return (event) => {
    if (event.type === "warning") {
      if (seen.has(event.message) || seen.size >= WARNING_LIMIT) return;
      seen.add(event.message);
    }
    onEvent?.(event);
  };
}
