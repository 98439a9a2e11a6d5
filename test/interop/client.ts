/**
 * What all clients under test have in common: tools that copy between layouts and registries.
 *
 * @module
 */
import type { Provided } from "./peers.ts";
import type { Registry } from "./registry.ts";

/** A place in a registry. */
export interface Remote {
  readonly registry: Registry;
  readonly repository: string;
  /** A tag, or a digest. */
  readonly reference: string;
}

/** A place in a layout on disk. */
export interface Local {
  readonly layout: string;
  readonly tag: string;
}

/** A client with settings for one registry. Every ability throws Error with what the program said when it fails. */
export interface Client {
  /** From a layout to a registry: an index with all that it has. */
  push(from: Local, to: Remote): Promise<void>;
  /** From a registry to a layout, which is not there yet: an index with all that it has. */
  pull(from: Remote, to: Local): Promise<void>;
  /** Within a registry: what it has already need not travel. */
  copy(from: Remote, to: Remote): Promise<void>;
  /** The digest that a tag is on. */
  resolve(from: Remote): Promise<string>;
  /** The tags of a repository. */
  tags(registry: Registry, repository: string): Promise<readonly string[]>;
  /** Removes a manifest by its digest. */
  delete?(remote: Remote): Promise<void>;
  readonly referrers?: ReferrerClient;
}

/** A client that knows what is attached to images. */
export interface ReferrerClient {
  /** Attaches a file to an image as a referrer. */
  attach(subject: Remote, file: string): Promise<void>;
  /** Digests of what is attached to an image. */
  list(subject: Remote): Promise<readonly string[]>;
  /** Copies an image with what is attached. */
  copy(from: Remote, to: Remote): Promise<void>;
}

/** A client that can be tried. */
export interface ClientKind {
  readonly name: string;
  /** Which of the abilities that not everybody has it has. */
  readonly can: { readonly delete: boolean; readonly referrers: boolean };
  /** Programs on the PATH that it needs. */
  readonly programs: readonly string[];
  /** The program that it is, where that is not on the PATH. */
  readonly peer?: Provided;
  /** Its version in words. */
  version(): Promise<string>;
  /** Prepares it for a registry. @param folder - Its own, for settings and scratch; it exists. */
  open(folder: string, registry: Registry): Promise<Client>;
}

/** A place as references have it: `host/repository:tag` or `host/repository@digest`. */
export function referenceOf({ registry, repository, reference }: Remote): string {
  return `${registry.host}/${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
}

/** A name as part of a repository's. */
export function pathOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}
