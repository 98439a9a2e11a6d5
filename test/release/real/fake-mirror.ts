/** Mirrors that are fakes of other people's registries, with their ways. */
import type { OpenMirror } from "../../../src/release/mirror-stores.ts";
import type { Mirror } from "../../../src/release/model.ts";
import { openMirror } from "../../../src/release/open-mirror.ts";
import { noKnowledge } from "../../../src/remote/knowledge.ts";
import { createLimiter } from "../../../src/remote/limiter.ts";
import type { Behaviour } from "../../remote/fake-registry/behaviour.ts";
import { fakeClock } from "../../remote/fake-registry/open.ts";
import { createFakeRegistry, type FakeRegistry } from "../../remote/fake-registry/registry.ts";
import { handlerTransport } from "../../remote/handler-transport.ts";
import { CREDENTIALS, mirrorAt, REPOSITORY } from "./mirror-at.ts";

/** A fake as a mirror. */
export interface FakeMirror {
  readonly name: string;
  readonly registry: FakeRegistry;
  /** What a tag names; undefined: nothing. */
  named(tag: string): string | undefined;
  /** Is a manifest there? */
  has(digest: string): boolean;
  /** Requests so far that are to change something. */
  writes(): readonly string[];
  /** As a process that knows nothing of it yet. */
  open(env?: Readonly<Record<string, string | undefined>>): Promise<OpenMirror>;
}

/** Makes one. */
export function fakeMirror(
  name: string,
  behaviour: Partial<Behaviour> = {},
  settings: Partial<Mirror> = {},
): FakeMirror {
  const registry = createFakeRegistry(behaviour);
  const held = () => registry.repository(REPOSITORY);
  return {
    name,
    registry,
    named: (tag) => held().tags.get(tag),
    has: (digest) => held().manifests.has(digest),
    writes: () => registry.requests.filter((request) => !/^(?:GET|HEAD) /.test(request)),
    open(env = CREDENTIALS) {
      const clock = fakeClock();
      const limiter = createLimiter({}, clock);
      return openMirror(mirrorAt(name, `${name}.example`, settings), {
        env,
        client: {
          transport: handlerTransport(registry.handler),
          clock,
          limiter: () => limiter,
          knowledge: noKnowledge(),
        },
      });
    },
  };
}

/** Opens several. */
export function openFakes(mirrors: readonly FakeMirror[]): Promise<readonly OpenMirror[]> {
  return Promise.all(mirrors.map((one) => one.open()));
}
