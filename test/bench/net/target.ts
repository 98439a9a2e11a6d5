/**
 * Where images are pushed to.
 *
 * @module
 */

/** A registry as clients see it. */
export interface Target {
  /** IP address and port, as references have it. */
  readonly host: string;
  /** TLS by the bench's own authority, or plain HTTP. */
  readonly secure: boolean;
}

/** The reference that every client pushes to. */
export function referenceAt({ host }: Target, tag: string): string {
  return `${host}/bench/pause:${tag}`;
}
