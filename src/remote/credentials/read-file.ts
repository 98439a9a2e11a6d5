/**
 * Reading files that hold secrets: what they hold gets into no error.
 *
 * Links are followed, unlike in stores: Kubernetes mounts secrets as links, and home folders are kept in other places.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { HiatusError } from "../../errors.ts";

/** Bytes. Docker's file has some hundred for each registry. */
const LIMIT = 1024 * 1024;

/**
 * The text of a file; also of a pipe, as `<(pass show registry)` makes them.
 *
 * @returns undefined when there is none.
 * @throws HiatusError `CONFIG` when it cannot be read, is not UTF-8 or has more than 1 MiB.
 */
export async function readSecretFile(path: string): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readUpTo(path, LIMIT + 1);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unreadable(path, REASONS[code ?? ""] ?? `${code ?? "unknown error"}`, cause);
  }
  if (bytes.length > LIMIT) throw unreadable(path, `it has more than ${LIMIT} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(path, "it is not UTF-8");
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  EPERM: "permission denied",
};

async function readUpTo(path: string, limit: number): Promise<Buffer> {
  const handle = await open(path, "r");
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    while (size < limit) {
      const chunk = Buffer.alloc(Math.min(64 * 1024, limit - size));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      chunks.push(chunk.subarray(0, bytesRead));
      size += bytesRead;
    }
    return Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
}

function unreadable(path: string, why: string, cause?: unknown): HiatusError {
  return new HiatusError("CONFIG", `Cannot read the credentials in "${path}": ${why}`, {
    detail: { path },
    hint: "Check the path and its permissions",
    ...(cause === undefined ? {} : { cause }),
  });
}
