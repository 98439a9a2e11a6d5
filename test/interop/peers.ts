/**
 * What tests take from scripts/peers.mjs.
 *
 * @module
 */
import { importScript } from "../scripts.ts";

/** Names of peers in Go. */
export type PeerName =
  | "crane"
  | "regctl"
  | "oras"
  | "distribution"
  | "zot"
  | "conformance"
  | "conformance-main"
  | "containerd"
  | "crio"
  | "cri-dockerd"
  | "crictl";

/** A program, or why there is none, in words. */
export type Provided = { readonly program: string } | { readonly missing: string };

interface Peers {
  readonly PEERS: Readonly<Record<PeerName, { readonly module: string; readonly version: string }>>;
  ensurePeer(name: PeerName): Promise<Provided>;
}

const script = await importScript<Peers>("peers");

/** Where each comes from, and its version as the Go module proxy knows it. */
export const PEERS = script.PEERS;

/** A peer's program, built when it is not there yet; or why there is none, in words. */
export const ensurePeer = script.ensurePeer;

/** The path of a program that is there. Tests of one that is not do not run, see `describeCell`. */
export function programOf(provided: Provided): string {
  return "program" in provided ? provided.program : "";
}
