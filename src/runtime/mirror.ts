/**
 * The registry that nodes pull from instead of the one in an image's name.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { parseReference } from "../oci/reference.ts";

/** A registry as configurations of runtimes name it. */
export interface NodeMirror {
  /** Scheme, host and port, without a slash at the end: `http://10.0.0.5:5000`. */
  readonly url: string;
  /** Host and, where given, port. */
  readonly host: string;
  readonly plainHttp: boolean;
}

/**
 * Reads `[http://|https://]HOST[:PORT]`. Without a scheme it is https, and http on loopback.
 *
 * @throws HiatusError `USAGE` when it has another form: a password or a path among others.
 */
export function parseNodeMirror(text: string): NodeMirror {
  const match = /^(?:(https?):\/\/)?([^/?#@\s]+)\/?$/.exec(text);
  const host = match?.[2] ?? "";
  if (match === null || !isHost(host)) {
    throw new HiatusError(
      "USAGE",
      `"${withoutSecret(text)}" is not a registry that nodes can pull from`,
      {
        hint: 'Write scheme, host and port only, for example "http://10.0.0.5:5000"; a path belongs into --image',
      },
    );
  }
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(host);
  const scheme = match[1] ?? (isLoopback ? "http" : "https");
  return { url: `${scheme}://${host}`, host, plainHttp: scheme === "http" };
}

function isHost(host: string): boolean {
  try {
    return (
      parseReference(`${host.includes(".") || /[:[]/.test(host) ? host : `${host}:443`}/x`)
        .repository === "x"
    );
  } catch {
    return false;
  }
}

function withoutSecret(text: string): string {
  return text.replace(/\/\/[^/]*@/, "//…@").slice(0, 160);
}
