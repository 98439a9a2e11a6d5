/** Mirrors in memory, for tests of a release: each notes what is written to it. */
import type { OpenMirror } from "../../src/release/mirror-stores.ts";
import type { Mirror, ReleaseImage } from "../../src/release/model.ts";
import { createMemory, type Memory } from "../../src/store/memory.ts";
import type { Store, Untagger } from "../../src/store/source.ts";
import { pushAll, sample } from "../contract/sample.ts";

/** A mirror in memory. */
export interface MemoryMirror extends OpenMirror {
  readonly store: Store & Untagger;
  readonly memory: Memory;
  /** Every write, in its order: `push DIGEST`, `tag TAG DIGEST`, `untag TAG`. */
  readonly log: string[];
  /** Called before each write; what it throws, the write throws. */
  before: (write: string) => void | Promise<void>;
}

/** Makes a mirror that takes what it is given. */
export function memoryMirror(name: string, settings: Partial<Mirror> = {}): MemoryMirror {
  const memory = createMemory();
  const log: string[] = [];
  const write = async (what: string) => {
    await made.before(what);
    log.push(what);
  };
  const made: MemoryMirror = {
    memory,
    log,
    before: () => undefined,
    mirror: {
      name,
      registry: `${name}.example`,
      repository: "pause",
      tags: ["1.0", "1"],
      required: true,
      format: "oci",
      inline: "none",
      attachments: "best-effort",
      profile: undefined,
      connection: {
        credentials: undefined,
        ca: undefined,
        cert: undefined,
        key: undefined,
        insecure: false,
        plainHttp: false,
        proxy: undefined,
        concurrency: undefined,
        rate: undefined,
      },
      ...settings,
    },
    store: {
      fetch: memory.fetch.bind(memory),
      exists: memory.exists.bind(memory),
      resolve: memory.resolve.bind(memory),
      tags: memory.tags.bind(memory),
      async untag(tag, options) {
        await write(`untag ${tag}`);
        await memory.untag(tag, options);
      },
      async push(...args: Parameters<Memory["push"]>) {
        await write(`push ${args[0].digest}`);
        await memory.push(...args);
      },
      async tag(...args: Parameters<Memory["tag"]>) {
        await write(`tag ${args[1]} ${args[0].digest}`);
        await memory.tag(...args);
      },
    },
    fresh: memory,
    outside: memory,
    profile: () => "memory",
    probe: async () => undefined,
    abandonUploads: async () => undefined,
    cost: () => ({ requests: log.length, bytes: 0 }),
  };
  return made;
}

/** A sample image to release; `text` tells images apart. */
export async function sampleRelease(text = "layer", version = "1.0.0") {
  const content = sample(text);
  const source = createMemory();
  await pushAll(source, [...content.all, ...content.signatureBlobs, content.signature]);
  const image: ReleaseImage = {
    name: "pause",
    version,
    variants: [
      {
        format: "oci",
        inline: "none",
        root: content.index.descriptor,
        attachments: [
          { descriptor: content.signature.descriptor, subject: content.index.descriptor },
        ],
        source,
      },
    ],
  };
  return { image, content };
}
