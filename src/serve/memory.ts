/**
 * A registry in memory: for tests, and as the meaning of the interfaces in few lines.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { HiatusError } from "../errors.ts";
import { algorithmOf, digestOf } from "../oci/digest.ts";
import { createMemory, type Memory } from "../store/memory.ts";
import { createQueue, createTurnstile } from "./alone.ts";
import type { Upload, WritableRepositories, WritableRepository } from "./repositories.ts";

/** Most uploads that are under way at once in all of them. */
const UPLOADS_LIMIT = 1000;

/** Makes repositories that are gone with the process. */
export function createMemoryRepositories(): WritableRepositories {
  const repositories = new Map<string, WritableRepository & Memory>();
  let uploads = 0;

  const make = (): WritableRepository & Memory => {
    const memory = createMemory();
    const open = new Map<string, Upload>();
    const take = async (digest: Parameters<Upload["finish"]>[0], bytes: Uint8Array) => {
      const size = bytes.byteLength;
      await memory.push({ mediaType: "application/octet-stream", digest, size }, bytes);
    };
    return Object.assign(memory, {
      ...createTurnstile(),
      findUpload: async (id: string) => open.get(id),
      async startUpload() {
        if (uploads >= UPLOADS_LIMIT) return undefined;
        uploads++;
        const upload = createUpload(take, () => {
          uploads--;
          open.delete(upload.id);
        });
        open.set(upload.id, upload);
        return upload;
      },
      async mount(digest: Parameters<WritableRepository["mount"]>[0], from: string | undefined) {
        const others = from === undefined ? [...repositories.values()] : [repositories.get(from)];
        for (const other of others) {
          const size = await other?.sizeOf(digest);
          if (other === undefined || size === undefined) continue;
          const descriptor = { mediaType: "application/octet-stream", digest, size };
          await memory.push(descriptor, other.fetch(descriptor));
          return true;
        }
        return false;
      },
    });
  };

  return {
    async *names() {
      yield* [...repositories.keys()].sort();
    },
    open: async (name) => repositories.get(name),
    async create(name) {
      const repository = repositories.get(name) ?? make();
      repositories.set(name, repository);
      return repository;
    },
  };
}

function createUpload(
  take: (digest: Parameters<Upload["finish"]>[0], bytes: Uint8Array) => Promise<void>,
  over: () => void,
): Upload {
  let bytes: Uint8Array = new Uint8Array();
  let ended = false;
  const check = (): void => {
    if (ended) throw new HiatusError("NOT_FOUND", "The upload is over", { hint: "Start another" });
  };
  const end = (): void => {
    check();
    ended = true;
    over();
  };
  return {
    id: randomUUID(),
    get size() {
      return bytes.byteLength;
    },
    async append(content) {
      check();
      for await (const chunk of content) bytes = Buffer.concat([bytes, chunk]);
    },
    async truncate(size) {
      check();
      bytes = bytes.subarray(0, size);
    },
    async finish(digest) {
      end();
      if (digestOf(bytes, algorithmOf(digest)) !== digest) return false;
      await take(digest, bytes);
      return true;
    },
    async cancel() {
      end();
    },
    alone: createQueue(),
  };
}
