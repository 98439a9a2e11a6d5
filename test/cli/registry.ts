/** A registry for the command to talk to: ours, in memory, on a free port of this machine. */
import { onTestFinished } from "vitest";
import type { Handler, Outgoing } from "../../src/serve/exchange.ts";
import { createHandler, type RegistryOptions } from "../../src/serve/handler.ts";
import { type ListenOptions, listen } from "../../src/serve/listen.ts";
import { createMemoryRepositories } from "../../src/serve/memory.ts";
import type { RequestRecord } from "../../src/serve/record.ts";

/** A registry that listens. */
export interface TestRegistry {
  /** `127.0.0.1:41234`. */
  readonly host: string;
  /** Every request so far. */
  readonly requests: RequestRecord[];
}

/** How it behaves. */
export interface TestRegistryOptions extends RegistryOptions, Pick<ListenOptions, "tls"> {
  /** Answers some requests in its place. */
  readonly instead?: (method: string, target: string) => Outgoing | undefined;
  /** Is waited for before some requests are answered. */
  readonly before?: (method: string, target: string) => Promise<void> | undefined;
}

/** Starts a registry, which ends with the test. */
export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const { tls, instead, before, ...rest } = options;
  const requests: RequestRecord[] = [];
  const handler = createHandler(createMemoryRepositories(), {
    ...rest,
    onRequest: (record) => requests.push(record),
  });
  const either: Handler = async (incoming) => {
    const { method, target } = incoming;
    await before?.(method, target);
    return instead?.(method, target) ?? handler(incoming);
  };
  const { url, stop } = await listen(either, { port: 0, tls, grace: 0 });
  onTestFinished(stop);
  return { host: url.host, requests };
}

/** What was asked, without digests: `HEAD pause/manifests/1.2`. */
export function askedOf({ requests }: TestRegistry): readonly string[] {
  return requests.map(({ method, path }) =>
    `${method} ${path.replace(/^\/v2\//, "")}`.replaceAll(/sha256(?::|%3A)[0-9a-f]{64}/g, "…"),
  );
}

/** An answer that no registry gives. */
export function htmlPage(text: string): Outgoing {
  const body = new TextEncoder().encode(`<!doctype html><title>${text}</title>`);
  const headers = { "content-type": "text/html", "content-length": String(body.byteLength) };
  return { status: 200, headers, body };
}
