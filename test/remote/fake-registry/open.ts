/** Repositories over handlers, with a clock that nobody has to wait for. */
import { createClient } from "../../../src/remote/client.ts";
import type { Clock } from "../../../src/remote/clock.ts";
import { type Knowledge, noKnowledge } from "../../../src/remote/knowledge.ts";
import { createLimiter } from "../../../src/remote/limiter.ts";
import {
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "../../../src/remote/repository.ts";
import { type Handler, handlerTransport } from "../handler-transport.ts";

/** The registry of all tests that need only one. */
export const REGISTRY = "registry.example";

/** A clock whose time passes when somebody sleeps. */
export interface FakeClock extends Clock {
  /** Milliseconds that were slept. */
  readonly slept: () => number;
}

/** Makes a clock. */
export function fakeClock(): FakeClock {
  const start = Date.UTC(2026, 0, 1);
  let slept = 0;
  return {
    now: () => start + slept,
    random: () => 0.5,
    slept: () => slept,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      slept += milliseconds;
    },
  };
}

/** What a test may want to share between repositories. */
export interface FakeOptions extends RepositoryOptions {
  readonly registry?: string;
  readonly repository?: string;
  readonly knowledge?: Knowledge;
}

/** Opens a repository of a fake registry, which shares nothing with others unless told so. */
export function openFake(handler: Handler, options: FakeOptions = {}): Repository {
  const { registry = REGISTRY, repository = "team/pause" } = options;
  const { knowledge = noKnowledge(), clock = fakeClock() } = options;
  const limiters = new Map<string, ReturnType<typeof createLimiter>>();
  const client = createClient({
    ...options,
    registry,
    clock,
    transport: handlerTransport(handler),
    limiter: (origin, limits) => {
      const limiter = limiters.get(origin) ?? createLimiter(limits, clock);
      limiters.set(origin, limiter);
      return limiter;
    },
  });
  return openRepository({ registry, repository }, { ...options, client, clock, knowledge });
}
