/** Some hosts without a network: each origin is a handler, and every request that was sent is noted. */

import type { Clock } from "../../src/remote/clock.ts";
import { createLimiter } from "../../src/remote/limiter.ts";
import type { PatientOptions } from "../../src/remote/patient.ts";
import type { Transport } from "../../src/remote/transport.ts";
import { type Handler, handlerTransport } from "./handler-transport.ts";

/** A request as it was sent. */
export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly chosenBy: "user" | "answer";
}

/** The network of a test. */
export interface FakeNet {
  readonly transport: Transport;
  readonly sent: Sent[];
  /** `GET https://auth.example/token?scope=…`, with the query decoded, for each request. */
  lines(): readonly string[];
}

/** Hosts by origin (`https://auth.example`). An origin that is not there fails the test. */
export function fakeNet(hosts: Readonly<Record<string, Handler>>): FakeNet {
  const sent: Sent[] = [];
  const transport = handlerTransport((request) => {
    const { origin } = new URL(request.url);
    const host = hosts[origin];
    if (host === undefined) throw new Error(`Nobody is at ${origin}`);
    return host(request);
  });
  return {
    sent,
    lines: () => sent.map(({ method, url }) => `${method} ${decodeURIComponent(url.href)}`),
    transport: (request) => {
      const { method, url, headers, body, chosenBy } = request;
      const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : "";
      sent.push({ method, url, headers, body: text, chosenBy });
      return transport(request);
    },
  };
}

/** A clock that a test moves, and on which nobody waits. */
export function fakeClock(): Clock & { advance(milliseconds: number): void } {
  let now = 1_000_000;
  return {
    now: () => now,
    random: () => 0,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}

/** Pacing that belongs to one test alone. */
export function ownPace(clock: Clock = fakeClock()): Pick<PatientOptions, "clock" | "limiter"> {
  const limiter = createLimiter({}, clock);
  return { clock, limiter: () => limiter };
}

/** An answer with JSON in it. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}
