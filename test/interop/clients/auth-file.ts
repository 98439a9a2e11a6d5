/**
 * The file of passwords that Docker invented and most clients read.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Registry } from "../registry.ts";

/** Writes it for a registry; without an account it is empty, so that nobody reads anybody else's. */
export async function writeAuthFile(file: string, { host, account }: Registry): Promise<string> {
  const auths =
    account === undefined
      ? {}
      : {
          [host]: {
            auth: Buffer.from(`${account.username}:${account.password}`).toString("base64"),
          },
        };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ auths }));
  return file;
}
