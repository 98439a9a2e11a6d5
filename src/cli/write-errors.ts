/**
 * What goes wrong when output is written.
 *
 * @module
 */
import type { Writable } from "node:stream";

/** Tells every error of a stream to a listener: Node emits it, and Deno throws it where the stream is a file. */
export function onWriteError(
  stream: Writable,
  listener: (error: NodeJS.ErrnoException) => void,
): void {
  stream.on("error", listener);
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]): boolean => {
    try {
      return write(...args);
    } catch (error) {
      listener(error as NodeJS.ErrnoException);
      return false;
    }
  };
}
