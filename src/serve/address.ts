/**
 * Addresses to listen on.
 *
 * @module
 */
import { isIP } from "node:net";
import { HiatusError } from "../errors.ts";

/** A host and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `HOST:PORT`. `:PORT` is every address of this machine, and IPv6 stands in brackets.
 *
 * @throws HiatusError `USAGE`
 */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]*)):([0-9]{1,5})$/.exec(text);
  const [, literal, name, port] = match ?? [];
  const usable = literal === undefined || isIP(literal) === 6;
  if (match === null || !usable || Number(port) > 65535) {
    throw new HiatusError("USAGE", `"${text.slice(0, 160)}" is not an address to listen on`, {
      hint: 'Write "127.0.0.1:5000", "[::1]:5000", or ":5000" for every address of this machine',
    });
  }
  return { host: literal ?? (name || "0.0.0.0"), port: Number(port) };
}

/** Can nobody but this machine reach it? */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
