/** A fake registry, and repositories that share what they learn of it. */
import { type Knowledge, noKnowledge } from "../../../src/remote/knowledge.ts";
import type { Repository } from "../../../src/remote/repository.ts";
import type { Behaviour } from "./behaviour.ts";
import { openFake } from "./open.ts";
import { createFakeRegistry, type FakeRegistry } from "./registry.ts";

/** What tests of repositories need. */
export interface Started {
  readonly registry: FakeRegistry;
  readonly knowledge: Knowledge;
  readonly open: (actions?: "pull") => Repository;
  /** The requests that the work takes. */
  readonly requestsOf: (work: Promise<unknown>) => Promise<readonly string[]>;
}

/** Starts a registry. */
export function start(behaviour: Partial<Behaviour> = {}): Started {
  const registry = createFakeRegistry(behaviour);
  const knowledge = noKnowledge();
  return {
    registry,
    knowledge,
    open: (actions) => openFake(registry.handler, { knowledge, actions }),
    requestsOf: async (work) => {
      const before = registry.requests.length;
      await work;
      return registry.requests.slice(before);
    },
  };
}
