/**
 * The file of passwords that Docker invented and most clients read.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Registry } from "../registry.ts";

/** Writes it for registries; without accounts it is empty, so that nobody reads anybody else's. */
export async function writeAuthFile(
  file: string,
  ...registries: readonly Pick<Registry, "host" | "account">[]
): Promise<string> {
  const auths = Object.fromEntries(
    registries.flatMap(({ host, account }) => {
      if (account === undefined) return [];
      const { username, password } = account;
      return [[host, { auth: Buffer.from(`${username}:${password}`).toString("base64") }]];
    }),
  );
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ auths }));
  return file;
}
