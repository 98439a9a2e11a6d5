/**
 * The mirror that needs nothing: our own registry on loopback, its storage a folder.
 *
 * @module
 */
import type { InlineMode } from "../build/definition.ts";
import { HiatusError, isHiatusError } from "../errors.ts";
import { openFolder } from "../serve/folder.ts";
import { createHandler } from "../serve/handler.ts";
import { listen } from "../serve/listen.ts";
import type { Mirror } from "./model.ts";

/** What is released to it. */
export interface EmbeddedImage {
  readonly image: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly inline: InlineMode;
}

/** A registry that runs while a release needs it. */
export interface EmbeddedMirror {
  readonly mirror: Mirror;
  stop(): Promise<void>;
}

/**
 * Starts a registry on a free port of 127.0.0.1 over a folder, which stays when it stops.
 *
 * @throws HiatusError `IO` when the folder cannot be written or another registry holds it.
 */
export async function startEmbedded(
  folder: string,
  { image, version, aliases, inline }: EmbeddedImage,
): Promise<EmbeddedMirror> {
  const repositories = await openFolder(folder).catch((error: unknown) => {
    if (!isHiatusError(error, "IO") || error.detail.pid === undefined) throw error;
    throw new HiatusError("IO", error.message, {
      cause: error,
      detail: error.detail,
      hint: "Stop it; or let it run, and release to it by a mirrors file that names its address",
    });
  });
  const listening = await listen(createHandler(repositories), { port: 0 }).catch(
    (error: unknown) => {
      repositories.close();
      throw error;
    },
  );
  return {
    mirror: {
      name: "embedded",
      registry: listening.url.host,
      lasting: "embedded",
      repository: image,
      tags: [version, ...aliases.filter((alias) => alias !== version)],
      required: true,
      format: "oci",
      inline,
      attachments: "required",
      profile: undefined,
      connection: {
        credentials: { kind: "anonymous" },
        ca: undefined,
        cert: undefined,
        key: undefined,
        insecure: false,
        plainHttp: false,
        proxy: "none",
        concurrency: undefined,
        rate: undefined,
      },
    },
    async stop() {
      await listening.stop();
      repositories.close();
    },
  };
}
