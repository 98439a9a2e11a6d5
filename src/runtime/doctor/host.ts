/**
 * The files of a node, read and never written. The root can be another folder: a node's disk that is mounted, or a test's.
 *
 * @module
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A node's files. Paths are those on the node. */
export interface NodeHost {
  /** `/`, or where the node's root is. */
  readonly root: string;
  /** A file's text; undefined when there is no such file. @throws Error of the system when it cannot be read. */
  read(path: string): string | undefined;
  /** Paths of the files of a folder with an ending, in the order in which drop-ins count; none when there is no such folder. */
  list(folder: string, ending: string): readonly string[];
  exists(path: string): boolean;
}

/** Files larger than that are no configuration. */
const LIMIT = 4 * 1024 * 1024;

/** The node whose root is that folder. */
export function nodeHost(root = "/"): NodeHost {
  const at = (path: string): string => join(root, path);
  return {
    root,
    read: (path) =>
      absent(() => {
        const { size } = statSync(at(path));
        if (size > LIMIT) throw new Error(`${path} has ${size} bytes and is no configuration`);
        return readFileSync(at(path), "utf8");
      }),
    list(folder, ending) {
      const names = absent(() => readdirSync(at(folder))) ?? [];
      return names
        .filter((name) => name.endsWith(ending))
        .sort()
        .map((name) => join(folder, name));
    },
    exists: (path) => absent(() => statSync(at(path))) !== undefined,
  };
}

function absent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Where a value stands. */
export interface Place {
  readonly file: string;
  /** From 1; undefined when it cannot be told. */
  readonly line: number | undefined;
}

/** The last line that a pattern matches. */
export function placeOf(file: string, text: string, pattern: RegExp): Place {
  const at = text.split("\n").findLastIndex((line) => pattern.test(line));
  return { file, line: at < 0 ? undefined : at + 1 };
}
