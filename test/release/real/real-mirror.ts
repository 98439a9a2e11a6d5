/** Mirrors that are registries: ours, on loopback, each with a fault-injecting proxy before it where that is wanted. */
import { onTestFinished } from "vitest";
import { childrenOf, parseDocument } from "../../../src/oci/document.ts";
import { hasSuccessors } from "../../../src/oci/media-type.ts";
import type { OpenMirror } from "../../../src/release/mirror-stores.ts";
import type { Mirror } from "../../../src/release/model.ts";
import { openMirror } from "../../../src/release/open-mirror.ts";
import type { Clock } from "../../../src/remote/clock.ts";
import type { ClientEvent } from "../../../src/remote/events.ts";
import { noKnowledge } from "../../../src/remote/knowledge.ts";
import { createLimiter } from "../../../src/remote/limiter.ts";
import { createNodeTransport } from "../../../src/remote/node-transport.ts";
import type { Handler } from "../../../src/serve/exchange.ts";
import { openFolder } from "../../../src/serve/folder.ts";
import { createHandler, type RegistryOptions } from "../../../src/serve/handler.ts";
import { listen } from "../../../src/serve/listen.ts";
import { createMemoryRepositories } from "../../../src/serve/memory.ts";
import type { WritableRepositories } from "../../../src/serve/repositories.ts";
import { readAll } from "../../../src/store/verify.ts";
import type { Piece } from "../../contract/sample.ts";
import { type FaultProxy, type FaultProxyOptions, startFaultProxy } from "../fault-proxy.ts";
import { CREDENTIALS, mirrorAt, REPOSITORY } from "./mirror-at.ts";

/** A registry behind a proxy, to be released to. */
export interface ProxiedMirror {
  readonly name: string;
  /** Where clients reach it: the proxy. */
  readonly host: string;
  readonly mirror: Mirror;
  readonly proxy: FaultProxy;
  /** What a tag names, as somebody else sees it; undefined: nothing. */
  named(tag: string): Promise<string | undefined>;
  /** Is a digest there with all that it leads to, every byte of it right? */
  isWhole(digest: string): Promise<boolean>;
}

/** Ours, in this process. */
export interface RealMirror extends ProxiedMirror {
  readonly repositories: WritableRepositories;
  /** Every request that reached the registry: `PUT /v2/team/pause/manifests/1.0`. */
  readonly requests: readonly string[];
  /** Those that are to change something. */
  writes(): readonly string[];
}

/** How a mirror is made. */
export interface RealMirrorOptions extends FaultProxyOptions {
  readonly settings?: Partial<Mirror> | undefined;
  /** Storage on the disk. @default memory */
  readonly folder?: string | undefined;
  /** Answers no condition on a tag and says nothing of it: as every other registry. @default false */
  readonly plain?: boolean | undefined;
  /** Called once a request was answered that may have changed something. */
  readonly onWrite?: (() => Promise<void> | void) | undefined;
  readonly registry?: RegistryOptions | undefined;
  /** Wraps the registry. */
  readonly wrap?: ((handler: Handler) => Handler) | undefined;
}

const READS: readonly string[] = ["GET", "HEAD"];

/** Starts a registry with a proxy before it; both end with the test. */
export async function realMirror(
  name: string,
  options: RealMirrorOptions = {},
): Promise<RealMirror> {
  const { folder, plain = false, onWrite, settings, wrap = (handler) => handler } = options;
  const opened = folder === undefined ? undefined : await openFolder(folder);
  const repositories = opened ?? createMemoryRepositories();
  const requests: string[] = [];
  const inner = wrap(createHandler(repositories, options.registry));
  const handler: Handler = async (incoming) => {
    const { method, target } = incoming;
    requests.push(`${method} ${target}`);
    const outgoing = await (plain ? unconditional(inner)(incoming) : inner(incoming));
    if (!READS.includes(method)) await onWrite?.();
    return outgoing;
  };
  const { url, stop } = await listen(handler, { port: 0, grace: 0 });
  const proxy = await startFaultProxy(url.host, options);
  onTestFinished(async () => {
    await proxy.stop();
    await stop();
    opened?.close();
  });
  return {
    name,
    host: proxy.host,
    mirror: mirrorAt(name, proxy.host, settings),
    repositories,
    proxy,
    requests,
    writes: () => requests.filter((request) => !/^(?:GET|HEAD) /.test(request)),
    async named(tag) {
      const repository = await repositories.open(REPOSITORY);
      return (await repository?.resolve(tag).catch(() => undefined))?.digest;
    },
    async isWhole(digest) {
      const repository = await repositories.open(REPOSITORY);
      if (repository === undefined) return false;
      const visit = async (name: string, blobType?: string): Promise<void> => {
        const found = await repository.resolve(name).catch(() => undefined);
        const size = await repository.sizeOf(name as never);
        if (size === undefined) throw new Error(`${name} is not there`);
        const mediaType = blobType ?? found?.mediaType ?? "application/octet-stream";
        const bytes = await readAll(repository, { mediaType, digest: name as never, size });
        if (!hasSuccessors(mediaType)) return;
        for (const child of childrenOf(parseDocument(bytes, mediaType))) {
          await visit(child.digest, child.mediaType);
        }
      };
      try {
        await visit(digest);
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** The registry as others are: without conditions on tags. */
function unconditional(handler: Handler): Handler {
  return async (incoming) => {
    const header = (name: string) => (name.startsWith("if-") ? undefined : incoming.header(name));
    const outgoing = await handler({ ...incoming, header });
    const { "hiatus-features": _, ...headers } = outgoing.headers;
    return { ...outgoing, headers };
  };
}

/** How mirrors are opened for a test. */
export interface OpenOptions {
  /** Longest silence of a registry in milliseconds: real time, so no shorter than a busy machine may need. @default 10 s */
  readonly stallTimeout?: number | undefined;
  readonly attempts?: number | undefined;
  /** Waited for before each request is sent. */
  readonly before?: ((method: string, path: string) => Promise<void>) | undefined;
  readonly onEvent?: ((mirror: string, event: ClientEvent) => void) | undefined;
}

/** Opens mirrors as a process of its own would: nothing is known of them yet. Nobody waits for the clock. */
export async function openAll(
  mirrors: readonly ProxiedMirror[],
  options: OpenOptions = {},
): Promise<readonly OpenMirror[]> {
  const { stallTimeout = 10_000, attempts, before } = options;
  return await Promise.all(
    mirrors.map(async ({ mirror, proxy }) => {
      const transport = createNodeTransport({ proxy: false, stallTimeout });
      onTestFinished(() => transport.close());
      let healing: Promise<void> = Promise.resolve();
      const clock = quickClock(() => healing);
      const limiters = new Map<string, ReturnType<typeof createLimiter>>();
      return await openMirror(mirror, {
        env: CREDENTIALS,
        onEvent(name, event) {
          if (event.type === "request" && event.failure?.includes("connection refused")) {
            healing = proxy.refused();
          }
          options.onEvent?.(name, event);
        },
        client: {
          async transport(request) {
            await before?.(request.method, request.url.pathname);
            return transport(request);
          },
          clock,
          attempts,
          knowledge: noKnowledge(),
          limiter(origin, limits) {
            const limiter = limiters.get(origin) ?? createLimiter(limits, clock);
            limiters.set(origin, limiter);
            return limiter;
          },
        },
      });
    }),
  );
}

/** A clock whose time passes when somebody sleeps; it lets others go first, and waits for what is under way. */
function quickClock(underWay: () => Promise<void>): Clock {
  let slept = 0;
  return {
    now: () => Date.now() + slept,
    random: () => 0.5,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      slept += milliseconds;
      await underWay();
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
}

/** Puts an image there without HTTP, under some tags. */
export async function seed(
  { repositories }: RealMirror,
  pieces: readonly Piece[],
  root: Piece,
  ...tags: readonly string[]
): Promise<void> {
  const repository = await repositories.create(REPOSITORY);
  for (const { descriptor, bytes } of pieces) await repository.push(descriptor, bytes);
  for (const tag of tags) await repository.tag(root.descriptor, tag);
}

/** Watches tags as users would who never stop pulling, straight at the registries. */
export interface Watch {
  /** Looks once, now. */
  look(): Promise<void>;
  /** Stops, and gives everything wrong that was seen. */
  end(): Promise<readonly string[]>;
  /** How often it looked. */
  readonly looks: number;
}

/**
 * GETs every tag of every mirror again and again, and follows what it names.
 *
 * @param allowed digests that a tag may name; besides them it may be absent.
 */
export function watch(
  mirrors: () => readonly Pick<ProxiedMirror, "name" | "named" | "isWhole">[],
  tags: readonly string[],
  allowed: readonly string[],
): Watch {
  const wrong: string[] = [];
  // What was whole once stays so: nothing is deleted here.
  const whole = new Set<string>();
  let looks = 0;
  let over = false;
  const look = async (): Promise<void> => {
    looks++;
    for (const one of mirrors()) {
      for (const tag of tags) {
        const digest = await one.named(tag);
        if (digest === undefined) continue;
        if (!allowed.includes(digest)) wrong.push(`${one.name}:${tag} names ${digest}`);
        const key = `${one.name} ${digest}`;
        if (whole.has(key)) continue;
        if (await one.isWhole(digest)) whole.add(key);
        else wrong.push(`${one.name}:${tag} names ${digest}, of which a part is missing`);
      }
    }
  };
  const running = (async () => {
    while (!over) {
      await look();
      // Others need the processor as well.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  return {
    look,
    get looks() {
      return looks;
    },
    async end() {
      over = true;
      await running;
      await look();
      return wrong;
    },
  };
}
