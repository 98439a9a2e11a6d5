/**
 * Every fault at every request of a push and of a pull: the work is done in the end, or it fails with an error that says so; in
 * either case in few requests, and the tag never names what is not there as a whole.
 */
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { childrenOf, parseDocument } from "../../src/oci/document.ts";
import type { Authorizer } from "../../src/remote/authorizer.ts";
import { noKnowledge } from "../../src/remote/knowledge.ts";
import type { Memory } from "../../src/store/memory.ts";
import { image, indexOf } from "../contract/sample.ts";
import { bytesOf } from "../failure.ts";
import type { Behaviour } from "./fake-registry/behaviour.ts";
import { memoryOf, pull, push } from "./fake-registry/carry.ts";
import { FAULTS, type Fault } from "./fake-registry/faults.ts";
import { fakeClock, openFake } from "./fake-registry/open.ts";
import { createFakeRegistry, type FakeRegistry } from "./fake-registry/registry.ts";

/** Two platforms, one of them with a layer that is worth asking for. */
const content = (() => {
  const one = image({ architecture: "amd64", os: "linux" });
  const two = image({ architecture: "arm64", os: "linux" }, "l".repeat(100_000));
  const index = indexOf(one.manifest, two.manifest);
  return { all: [...one.blobs, ...two.blobs, one.manifest, two.manifest, index], index };
})();

const KINDS: Readonly<Record<string, Partial<Behaviour>>> = {
  "single POST": {},
  "POST and PUT": { singlePost: "ignored" },
  "POST, PATCH and PUT": { singlePost: "ignored", putsBytes: false },
};

/** Gives a new token whenever one is refused. */
function renewing(): Authorizer {
  let count = 0;
  return {
    authorize: async () => `Bearer ${count}`,
    refused: async () => {
      count++;
      return true;
    },
  };
}

/** A registry that fails at some of its requests. */
function faulty(kind: string, fault: Fault | undefined, strikes: (index: number) => boolean) {
  let index = 0;
  const registry = createFakeRegistry({
    ...KINDS[kind],
    around: (request, next) =>
      fault !== undefined && strikes(index++) ? fault.strike(request, next) : next(request),
  });
  return registry;
}

function open(registry: FakeRegistry, actions: "pull" | "pull,push" = "pull,push") {
  const clock = fakeClock();
  const options = { clock, actions, knowledge: noKnowledge(), authorizer: renewing() };
  return { repository: openFake(registry.handler, options), clock };
}

/** The error of the work, undefined when it went well. Anything but an error of ours fails the test. */
async function failing(work: Promise<unknown>): Promise<HiatusError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof HiatusError) return error;
    throw error;
  }
}

/** The tag names the root and everything below it is there with its bytes, or there is no such tag. */
function expectWholeOrNothing(registry: FakeRegistry): boolean {
  const { tags, manifests, blobs } = registry.repository("team/pause");
  const named = tags.get("1.0");
  if (named === undefined) return false;
  expect(named).toBe(content.index.descriptor.digest);
  const look = (digest: string): void => {
    const manifest = manifests.get(digest);
    expect(manifest ?? blobs.get(digest)).toBeDefined();
    if (manifest === undefined) return;
    const document = parseDocument(manifest.bytes, manifest.mediaType);
    for (const child of childrenOf(document)) look(child.digest);
  };
  look(named);
  return true;
}

async function expectWhole(memory: Memory): Promise<void> {
  for (const { descriptor, bytes } of content.all) {
    // Not toEqual, which takes its time with 100,000 bytes.
    expect(Buffer.compare(await bytesOf(memory.fetch(descriptor)), bytes)).toBe(0);
  }
}

async function countOf(kind: string): Promise<{ push: number; pull: number }> {
  const registry = faulty(kind, undefined, () => false);
  await push(
    await memoryOf(...content.all),
    open(registry).repository,
    content.index.descriptor,
    "1.0",
  );
  const pushed = registry.requests.length;
  await pull(open(registry, "pull").repository, "1.0");
  return { push: pushed, pull: registry.requests.length - pushed };
}

/** Most requests that one fault, or faults without end, may add. */
const BOUND = { once: 25, always: 250 };
/** Most time that may go by in waiting. Milliseconds. */
const PATIENCE = 15 * 60_000;

describe.each(Object.keys(KINDS))("with %s", (kind) => {
  describe.each(FAULTS)("$name", (fault) => {
    test("at any request of a push", async () => {
      const counts = await countOf(kind);
      const from = await memoryOf(...content.all);
      for (let k = 0; k < counts.push; k++) {
        const registry = faulty(kind, fault, (index) => index === k);
        const { repository, clock } = open(registry);
        const error = await failing(push(from, repository, content.index.descriptor, "1.0"));
        if (fault.passes) expect(error?.message, `request ${k}`).toBeUndefined();
        if (error !== undefined) expect(error.hint, error.message).toBeTruthy();
        const whole = expectWholeOrNothing(registry);
        expect(whole, `request ${k}: ${registry.requests.join("\n")}`).toBe(error === undefined);
        expect(registry.requests.length).toBeLessThanOrEqual(counts.push + BOUND.once);
        expect(clock.slept()).toBeLessThan(PATIENCE);
        await push(from, open(registry).repository, content.index.descriptor, "1.0");
        expect(expectWholeOrNothing(registry)).toBe(true);
      }
    });

    test("at every request of a push from any on", async () => {
      const counts = await countOf(kind);
      const from = await memoryOf(...content.all);
      for (let k = 0; k < counts.push; k++) {
        let over = false;
        const registry = faulty(kind, fault, (index) => index >= k && !over);
        const { repository, clock } = open(registry);
        const error = await failing(push(from, repository, content.index.descriptor, "1.0"));
        if (error === undefined) expect(expectWholeOrNothing(registry)).toBe(true);
        else expect(error.hint, error.message).toBeTruthy();
        expectWholeOrNothing(registry);
        expect(registry.requests.length).toBeLessThanOrEqual(counts.push + BOUND.always);
        expect(clock.slept()).toBeLessThan(PATIENCE);
        over = true;
        await push(from, open(registry).repository, content.index.descriptor, "1.0");
        expect(expectWholeOrNothing(registry)).toBe(true);
      }
    });
  });
});

describe.each(FAULTS)("$name", (fault) => {
  test("at any request of a pull, and from any on", async () => {
    const counts = await countOf("single POST");
    for (let k = 0; k < counts.pull; k++) {
      for (const always of [false, true]) {
        let from = Number.POSITIVE_INFINITY;
        const registry = faulty("single POST", fault, (index) =>
          always ? index >= from + k : index === from + k,
        );
        await push(
          await memoryOf(...content.all),
          open(registry).repository,
          content.index.descriptor,
          "1.0",
        );
        const before = registry.requests.length;
        from = before;
        const { repository, clock } = open(registry, "pull");
        let pulled: Memory | undefined;
        const error = await failing(
          pull(repository, "1.0").then((memory) => {
            pulled = memory;
          }),
        );
        if (fault.passes && !always) expect(error?.message, `request ${k}`).toBeUndefined();
        if (error !== undefined) expect(error.hint, error.message).toBeTruthy();
        if (pulled !== undefined) await expectWhole(pulled);
        const bound = counts.pull + (always ? BOUND.always : BOUND.once);
        expect(registry.requests.length - before).toBeLessThanOrEqual(bound);
        expect(clock.slept()).toBeLessThan(PATIENCE);
      }
    }
  });
});
