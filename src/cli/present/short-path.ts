/**
 * Paths as people write them.
 *
 * @module
 */
import { isAbsolute, relative } from "node:path";

/** Relative to the current folder, unless that leads out of it. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  if (short === "") return ".";
  return short.startsWith("..") || isAbsolute(short) ? path : short;
}
