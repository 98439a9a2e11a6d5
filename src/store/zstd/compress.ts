/**
 * Compressing to Zstandard, in JavaScript, because the same archive must have the same bytes in every runtime, and Node 20 has no
 * encoder at all. Whole numbers only; no clock, no state.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878
 * @module
 */
import { matchFinder } from "./matches.ts";
import type { Sequence } from "./sequences.ts";
import { BLOCK_LIMIT, FIRST_OFFSETS, MAGIC, type Offsets } from "./tables.ts";
import { joinBytes, writeLiterals } from "./write-literals.ts";
import { writeSequences } from "./write-sequences.ts";
import { xxh64Low } from "./xxh64.ts";

/** How far back matches reach: what every decoder must be able to. */
const WINDOW = 8 * 1024 * 1024;
const WINDOW_BYTE = (23 - 10) << 3;
/** Fewer sequences are not divided any further. */
const FEWEST = 6;
/** What two halves may cost more than the whole, in bytes, for a look at whether dividing them in turn makes up for it. */
const HOPE = 48;

/** One frame, with the size and the checksum of what is in it. */
export function compressZstd(bytes: Uint8Array): Uint8Array {
  const size = bytes.byteLength;
  const find = matchFinder(bytes, WINDOW);
  const blocks: Uint8Array[] = [];
  let offsets = FIRST_OFFSETS;
  let last: Block[] = [];
  for (let from = 0; from < size || from === 0; from += BLOCK_LIMIT) {
    blocks.push(...last.map((block) => withHeader(block, false)));
    const end = Math.min(size, from + BLOCK_LIMIT);
    const { sequences, rest } = find(from, end);
    const written = writeBest({ bytes: bytes.subarray(from, end), sequences, rest, offsets });
    offsets = written.offsets;
    last = [...written.blocks];
  }
  const end = last.map((block, at) => withHeader(block, at === last.length - 1));
  const checksum = word(xxh64Low([bytes]), 4);
  return joinBytes(frameHeader(size), ...blocks, ...end, checksum);
}

function frameHeader(size: number): Uint8Array {
  const magic = word(MAGIC, 4);
  // The size in as few bytes as can be; where all of it fits the window, that is not said.
  const [flag, width, less] = size < 256 ? [0, 1, 0] : size < 65_792 ? [1, 2, 256] : [2, 4, 0];
  const said = word(size - (less as number), width as number);
  const single = size <= WINDOW;
  const flags = ((flag as number) << 6) | (single ? 0x20 : 0) | 0x04;
  return single
    ? joinBytes(magic, Uint8Array.of(flags), said)
    : joinBytes(magic, Uint8Array.of(flags, WINDOW_BYTE), said);
}

/** A block without its header. */
interface Block {
  readonly kind: 0 | 1 | 2;
  /** What stands in its header: of a block of one byte, how often it comes. */
  readonly size: number;
  readonly body: Uint8Array;
}

/** What is to be written: some bytes as sequences, the literals behind them, and the last offsets before. */
interface Part {
  readonly bytes: Uint8Array;
  readonly sequences: readonly Sequence[];
  readonly rest: number;
  readonly offsets: Offsets;
}

/** Blocks one after another, and the last offsets after them. */
interface Written {
  readonly blocks: readonly Block[];
  readonly size: number;
  readonly offsets: Offsets;
}

/** One block, or several where text and what is compressed already do not share their codes: whichever is shorter. */
function writeBest(part: Part): Written {
  return divided(part, writeOne(part));
}

function divided(part: Part, whole: Written): Written {
  const { bytes, sequences, rest, offsets } = part;
  if (sequences.length < 2 * FEWEST) return whole;
  const middle = sequences.length >> 1;
  const before = sequences.slice(0, middle);
  const cut = before.reduce((sum, { literals, length }) => sum + literals + length, 0);
  const one = { bytes: bytes.subarray(0, cut), sequences: before, rest: 0, offsets };
  const oneWhole = writeOne(one);
  const two = { bytes: bytes.subarray(cut), sequences: sequences.slice(middle), rest };
  const twoWhole = writeOne({ ...two, offsets: oneWhole.offsets });
  if (oneWhole.size + twoWhole.size > whole.size + HOPE) return whole;
  const first = divided(one, oneWhole);
  // The last offsets differ where a block turned out not to be compressed.
  const second = writeBest({ ...two, offsets: first.offsets });
  const size = first.size + second.size;
  if (size >= whole.size) return whole;
  return { blocks: [...first.blocks, ...second.blocks], size, offsets: second.offsets };
}

function writeOne({ bytes, sequences, rest, offsets }: Part): Written {
  const size = bytes.byteLength;
  const [first = 0] = bytes;
  // What is not decoded by sequences changes no offsets.
  if (size > 4 && bytes.every((byte) => byte === first)) {
    const body = Uint8Array.of(first);
    return { blocks: [{ kind: 1, size, body }], size: 4, offsets };
  }
  const written = writeSequences(sequences, offsets);
  const body = joinBytes(writeLiterals(literalsOf(bytes, sequences, rest)), written.bytes);
  if (body.byteLength >= size) {
    return { blocks: [{ kind: 0, size, body: bytes }], size: 3 + size, offsets };
  }
  const length = body.byteLength;
  return {
    blocks: [{ kind: 2, size: length, body }],
    size: 3 + length,
    offsets: written.offsets,
  };
}

/** The bytes of a block that no match covers. */
function literalsOf(bytes: Uint8Array, sequences: readonly Sequence[], rest: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { literals, length } of sequences) {
    parts.push(bytes.subarray(at, at + literals));
    at += literals + length;
  }
  return joinBytes(...parts, bytes.subarray(at, at + rest));
}

function withHeader({ kind, size, body }: Block, isLast: boolean): Uint8Array {
  return joinBytes(word((size << 3) | (kind << 1) | (isLast ? 1 : 0), 3), body);
}

function word(value: number, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, at) => Math.floor(value / 256 ** at) % 256);
}
