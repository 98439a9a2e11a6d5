/**
 * The registry on `Deno.serve`.
 *
 * @see https://docs.deno.com/api/deno/~/Deno.serve
 * @module
 */
import type { Handler } from "./exchange.ts";
import { toFetch } from "./fetch.ts";
import { cannotListen, type Listening, type ListenOptions, urlOf } from "./listen.ts";

/** As much of Deno as is used here; its types are not among those of the project. */
interface DenoServe {
  serve(
    options: Readonly<Record<string, unknown>>,
    handler: (
      request: Request,
      info: { readonly remoteAddr: { readonly hostname?: string } },
    ) => Promise<Response>,
  ): {
    readonly addr: { readonly port: number };
    readonly finished: Promise<void>;
    shutdown(): Promise<void>;
  };
}

/** Listens. See {@link ListenOptions}; `patience` is Deno's own. */
export async function listenDeno(
  handler: Handler,
  options: ListenOptions = {},
): Promise<Listening> {
  const { host = "127.0.0.1", port = 5000, tls, grace = 10_000 } = options;
  const { Deno } = globalThis as unknown as { readonly Deno: DenoServe };
  const registry = toFetch(handler);
  const cut = new AbortController();
  const settings = { hostname: host, port, signal: cut.signal, onListen: () => undefined, ...tls };
  let server: ReturnType<DenoServe["serve"]>;
  try {
    server = Deno.serve(settings, (request, { remoteAddr }) =>
      registry(request, { remote: remoteAddr.hostname }),
    );
  } catch (error) {
    throw cannotListen(error, host, port);
  }
  return {
    url: urlOf(tls !== undefined, host, server.addr.port),
    async stop() {
      const timer = setTimeout(() => cut.abort(), grace);
      await Promise.race([server.shutdown(), server.finished]);
      clearTimeout(timer);
    },
  };
}
