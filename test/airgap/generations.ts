/**
 * The two containerds that nodes have: of the years before 2.0, and of today.
 *
 * @module
 */
import { dirname } from "node:path";
import { PEERS, type Provided } from "../interop/peers.ts";

/** One of them. */
export interface Generation {
  readonly name: string;
  readonly version: string;
  /** The program that it is, where that is not Debian's. */
  readonly peer?: Provided;
  /** Folder of its programs, likewise. */
  readonly folder?: string;
}

/** Debian's, and the one that scripts/peers.mjs builds. */
export function generations(peer: Provided): readonly Generation[] {
  const version = PEERS.containerd.version.slice(1);
  const name = `containerd ${version.replace(/\.\d+$/, "")}`;
  const folder = "program" in peer ? { folder: dirname(peer.program) } : {};
  return [
    { name: "containerd 1.6", version: "1.6.20" },
    { name, version, peer, ...folder },
  ];
}
