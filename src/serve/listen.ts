/**
 * Listening: the same for every runtime.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { HiatusError } from "../errors.ts";
import type { Handler } from "./exchange.ts";

/** Where and how to listen. */
export interface ListenOptions {
  /**
   * @default "127.0.0.1", which nobody else reaches
   */
  readonly host?: string | undefined;
  /**
   * 0 takes any that is free.
   * @default 5000
   */
  readonly port?: number | undefined;
  /** Certificates and key in PEM. Without them plain HTTP is spoken. */
  readonly tls?: TlsFiles | undefined;
  /**
   * How long an answer that is under way may take when the server stops, in milliseconds.
   * @default 10 s
   */
  readonly grace?: number | undefined;
  /**
   * How long a connection may rest in the middle of a request or an answer, in milliseconds.
   * @default 60 s
   */
  readonly patience?: number | undefined;
}

/** PEM texts. */
export interface TlsFiles {
  /** The certificate of the server, and those between it and the root. */
  readonly cert: string;
  readonly key: string;
}

/** A server that listens. */
export interface Listening {
  /** Where: `http://127.0.0.1:5000`. */
  readonly url: URL;
  /** Stops accepting, lets answers under way end, and cuts off those that take too long. */
  stop(): Promise<void>;
}

/** Longest headers of a request, all together, in bytes. */
export const HEADERS_LIMIT = 16 * 1024;

/**
 * Reads the files of a certificate and its key.
 *
 * @throws HiatusError `CONFIG` when one cannot be read or is not PEM.
 */
export function readTlsFiles(cert: string, key: string): TlsFiles {
  return {
    cert: readPem(cert, /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/, "a certificate"),
    key: readPem(key, /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/, "a private key"),
  };
}

function readPem(path: string, pattern: RegExp, what: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new HiatusError("CONFIG", `Cannot read "${path}": ${code ?? String(error)}`, {
      cause: error,
      hint: "Check the path and its permissions",
    });
  }
  if (pattern.test(text)) return text;
  throw new HiatusError("CONFIG", `"${path}" does not hold ${what} in PEM form`, {
    detail: { path },
    hint: `Name a file with a line "-----BEGIN …-----" of ${what}`,
  });
}

/**
 * Listens with what the runtime does best.
 *
 * @throws HiatusError `IO` when the address cannot be had, `CONFIG` when certificate and key cannot be used.
 */
export async function listen(handler: Handler, options: ListenOptions = {}): Promise<Listening> {
  if ("Deno" in globalThis) {
    const { listenDeno } = await import("./listen-deno.ts");
    return listenDeno(handler, options);
  }
  const { listenNode } = await import("./listen-node.ts");
  return listenNode(handler, options);
}

/** The address as a URL. */
export function urlOf(tls: boolean, host: string, port: number): URL {
  const literal = host.includes(":") ? `[${host}]` : host;
  return new URL(`${tls ? "https" : "http"}://${literal}:${port}`);
}

/** The error for an address that cannot be had. */
export function cannotListen(error: unknown, host: string, port: number): HiatusError {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  const hint = HINTS[code] ?? "Choose another address or another port";
  return new HiatusError("IO", `Cannot listen on ${host} port ${port}: ${code}`, {
    detail: { host, port, code },
    cause: error,
    hint,
  });
}

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "Something listens there already; choose another port, or port 0 for any",
  EACCES: "Ports below 1024 are for root; choose another port",
  EADDRNOTAVAIL: "This machine does not have that address; choose another one",
  ENOTFOUND: "That name has no address; choose another one",
};
