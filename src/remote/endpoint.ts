/**
 * Where a registry is reached.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { isLoopbackName } from "./address.ts";

/** Hosts whose API has another name than references have. */
const ALIASES: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

/** What decides between https and http. */
export interface EndpointOptions {
  /**
   * True: the user wants http. False: the user wants https, even on this machine.
   * @default http for loopback hosts without TLS options, https for all others
   */
  readonly plainHttp?: boolean | undefined;
  /** Were certificates or keys given for it? Then also a loopback host speaks https. */
  readonly tls?: boolean | undefined;
}

/**
 * The origin of a registry as references name it: `docker.io` is `https://registry-1.docker.io`, `localhost:5000` is
 * `http://localhost:5000`. Nothing is tried: a registry that answers otherwise is an error that says which option mends it.
 *
 * @throws HiatusError `INVALID` when it is no host with an optional port.
 */
export function endpointOf(registry: string, options: EndpointOptions = {}): URL {
  const host = ALIASES[registry] ?? registry;
  const plain =
    options.plainHttp ?? (options.tls !== true && isLoopbackName(hostnameOf(host, registry)));
  return new URL(`${plain ? "http" : "https"}://${host}/`);
}

function hostnameOf(host: string, registry: string): string {
  const text = `https://${host}/`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Anything but host and port would end up elsewhere in the URL.
  if (url === undefined || url.pathname !== "/" || /[/?#@\\\s]/.test(host)) {
    throw new HiatusError("INVALID", `"${registry.slice(0, 160)}" is not a registry`, {
      hint: 'Write it as "host[:port]", for example "registry.example:5000"',
    });
  }
  return url.hostname;
}
