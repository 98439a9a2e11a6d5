/**
 * Where the reader of the page reaches the registry, which is where their tools will reach it.
 *
 * @module
 */
import { parseReference } from "../../oci/reference.ts";

/** The registry as it is written in a reference, and what tools make of it. */
export interface Origin {
  /** Host and port: `127.0.0.1:5000`, `registry.example`. */
  readonly host: string;
  /** Is it HTTPS? */
  readonly secure: boolean;
  /** Is it this very machine, from which Docker and containerd take plain HTTP unasked? */
  readonly loopback: boolean;
}

/** Written where the host cannot be part of a reference. */
const NO_HOST = "registry.example";

/**
 * The origin of an address. A host without a dot is written with its port, because `registry/pause` means Docker Hub; one
 * that no reference can have, which a request may claim, is replaced by an example, so that no command carries it.
 */
export function originOf(url: URL): Origin {
  const secure = url.protocol === "https:";
  const { hostname } = url;
  const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
  const isBare = !/[.:]/.test(url.host) && hostname !== "localhost";
  const host = isBare ? `${hostname}:${secure ? 443 : 80}` : url.host;
  return { host: isHost(host) ? host : NO_HOST, secure, loopback };
}

function isHost(host: string): boolean {
  try {
    return parseReference(`${host}/name`).registry === host;
  } catch {
    return false;
  }
}
