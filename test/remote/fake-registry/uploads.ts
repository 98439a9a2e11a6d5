/** What tests of uploads share: content of many chunks, and a repository whose requests can be read as a line. */
import { MediaType } from "../../../src/oci/media-type.ts";
import { type Knowledge, noKnowledge } from "../../../src/remote/knowledge.ts";
import type { Repository } from "../../../src/remote/repository.ts";
import { type Piece, piece } from "../../contract/sample.ts";
import type { Behaviour } from "./behaviour.ts";
import { type FakeClock, type FakeOptions, fakeClock, openFake } from "./open.ts";
import { createFakeRegistry, type FakeRegistry } from "./registry.ts";

/** Bytes in a MiB. */
export const MIB = 1024 * 1024;

/** So many bytes in which no place looks like another. */
export function varied(size: number): Piece {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE((at * 2654435761) >>> 0, at);
  return piece(MediaType.ociLayerGzip, bytes);
}

/** The bytes of a piece as a stream of 100,000 bytes at a time. */
export async function* streaming({ bytes }: Piece): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

/** A repository, and what its registry saw and has. */
export interface UploadTarget {
  readonly registry: FakeRegistry;
  readonly repository: Repository;
  readonly clock: FakeClock;
  readonly knowledge: Knowledge;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** The methods of the requests, with a `!` where they name a digest to be stored. */
  readonly methods: () => readonly string[];
}

/** Starts a registry with one repository. */
export function uploadTarget(
  behaviour: Partial<Behaviour> = {},
  options: FakeOptions = {},
): UploadTarget {
  const registry = createFakeRegistry(behaviour);
  const clock = fakeClock();
  const knowledge = noKnowledge();
  return {
    registry,
    clock,
    knowledge,
    repository: openFake(registry.handler, { clock, knowledge, ...options }),
    blobs: registry.repository("team/pause").blobs,
    methods: () =>
      registry.requests.map((line) => `${line.split(" ", 1)[0]}${/digest=/.test(line) ? "!" : ""}`),
  };
}
