/**
 * The password file that every registry takes.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hash } from "bcryptjs";
import type { Account } from "../registry.ts";

/** Writes one line for an account into a folder and returns the file's path. The least work factor keeps tests short. */
export async function writeHtpasswd(
  folder: string,
  { username, password }: Account,
): Promise<string> {
  const file = join(folder, "htpasswd");
  await writeFile(file, `${username}:${await hash(password, 4)}\n`);
  return file;
}
