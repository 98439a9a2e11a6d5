/**
 * Into the folder that k3s imports archives from when it starts. Nothing but the file can be looked at before that.
 *
 * @see https://docs.k3s.io/installation/airgap#1-manually-deploy-images (agent/images)
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fromSystemError } from "../../errors.ts";
import type { Importer } from "./importer.ts";

/** An importer for it. @param dataDir k3s's, `/var/lib/rancher/k3s` unless it was told another. @param name of the file. */
export function k3sFolderImporter(dataDir: string, name: string): Importer {
  const agent = join(dataDir, "agent");
  const target = join(agent, "images", name);
  return {
    keepsIndex: true,
    limits: ["k3s imports and pins it when it starts; until then hiatus doctor does not find it"],
    plan: () => [`write ${target}`],
    async look(file) {
      const [found, expected] = [await hashOf(target), await hashOf(file)];
      const isRight = found !== undefined && found === expected;
      const wrong = found === undefined ? "is not there" : "is another archive";
      const digest = found && `sha256:${found}`;
      return [{ name: target, digest, pinned: undefined, wrong: isRight ? undefined : wrong }];
    },
    async take(file, _, signal) {
      // k3s reads whatever lies in the folder, so a part of an archive may never lie there.
      const aside = join(agent, `.hiatus-${randomBytes(6).toString("hex")}`);
      try {
        await mkdir(join(agent, "images"), { recursive: true });
        await copyFile(file, aside);
        signal?.throwIfAborted();
        const handle = await open(aside, "r+");
        try {
          await handle.chmod(0o644);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(aside, target);
      } catch (error) {
        throw fromSystemError(error, "Cannot write into k3s's folder");
      } finally {
        await rm(aside, { force: true });
      }
    },
  };
}

async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest("hex");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fromSystemError(error, "Cannot read an archive");
  }
}
