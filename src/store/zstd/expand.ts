/**
 * Expanding Zstandard, within bounds: one frame, no dictionary, nothing behind it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878
 * @module
 */
import type { CompressedInput, ExpandLimits } from "../expand.ts";
import { expansionRefusal, watchExpansion } from "../expand.ts";
import { createPieces, type Pieces } from "../pieces.ts";
import type { StoreOptions } from "../source.ts";
import type { Refuse } from "./bits.ts";
import type { HuffmanTable } from "./huffman.ts";
import { readLiterals } from "./literals.ts";
import { readSequences, type SequenceTables } from "./sequences.ts";
import { BLOCK_LIMIT, FIRST_OFFSETS, MAGIC, type Offsets } from "./tables.ts";
import { xxh64Low } from "./xxh64.ts";

/** Does it begin like a frame? */
export function isZstd(bytes: Uint8Array): boolean {
  return bytes.byteLength >= 4 && littleEndian(bytes, 0, 4) === MAGIC;
}

/**
 * Expands a frame into memory.
 *
 * @throws HiatusError `CONTENT` when it is damaged, cut short or followed by something else, wants what is not read (a
 * dictionary, another version), or exceeds a limit; whatever the input throws.
 */
export function expandZstd(
  input: CompressedInput,
  limits: ExpandLimits = {},
  options: StoreOptions = {},
): Pieces {
  const refuse: Refuse = (why) => {
    throw expansionRefusal(input.name, why);
  };
  const watch = watchExpansion(input.name, limits);
  let at = 0;
  const take = (size: number): Uint8Array => {
    const bytes = input.read(at, size);
    if (bytes.byteLength !== size) refuse("it is cut short");
    at += size;
    return bytes;
  };
  const frame = readHeader(take, refuse);
  const blockLimit = Math.min(BLOCK_LIMIT, frame.window);
  const out = createPieces();
  const state: BlockState = { huffman: undefined, tables: {}, offsets: FIRST_OFFSETS };
  for (let isLast = false; !isLast; ) {
    options.signal?.throwIfAborted();
    const header = littleEndian(take(3), 0, 3);
    isLast = (header & 1) === 1;
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    if (size > blockLimit) refuse("a block is too large");
    const before = out.size();
    if (kind === 0) out.add(take(size));
    else if (kind === 1) out.add(new Uint8Array(size).fill(take(1)[0] as number));
    else if (kind === 2) expandBlock(take(size), state, frame.window, out, refuse);
    else refuse("a block is of a kind that there is not");
    if (out.size() - before > blockLimit) refuse("a block expands to too much");
    watch(out.size(), at);
  }
  if (frame.size !== undefined && frame.size !== out.size()) {
    refuse("it expands to another size than promised");
  }
  if (frame.checksum && littleEndian(take(4), 0, 4) !== xxh64Low(out.chunks())) {
    refuse("its checksum is wrong");
  }
  if (input.read(at, 1).byteLength > 0) refuse("something follows the zstd data");
  return out;
}

/** What a frame says of itself. */
interface FrameHeader {
  /** How far back it may reach, in bytes. */
  readonly window: number;
  readonly size: number | undefined;
  readonly checksum: boolean;
}

function readHeader(take: (size: number) => Uint8Array, refuse: Refuse): FrameHeader {
  const head = take(5);
  if (littleEndian(head, 0, 4) !== MAGIC) refuse("it is not zstd");
  const flags = head[4] as number;
  const single = (flags & 0x20) !== 0;
  if ((flags & 0x08) !== 0) refuse("it is of a newer format");
  let window = 0;
  if (!single) {
    const said = take(1)[0] as number;
    const base = 2 ** (10 + (said >> 3));
    window = base + (base / 8) * (said & 7);
  }
  const dictionary = take([0, 1, 2, 4][flags & 3] as number);
  if (dictionary.some((byte) => byte !== 0)) refuse("it wants a dictionary");
  const width = [single ? 1 : 0, 2, 4, 8][flags >> 6] as number;
  const size = littleEndian(take(width), 0, width) + (width === 2 ? 256 : 0);
  return {
    window: single ? size : window,
    size: width === 0 ? undefined : size,
    checksum: (flags & 0x04) !== 0,
  };
}

/** What blocks of a frame hand on. */
interface BlockState {
  huffman: HuffmanTable | undefined;
  tables: SequenceTables;
  offsets: Offsets;
}

function expandBlock(
  bytes: Uint8Array,
  state: BlockState,
  window: number,
  out: Pieces,
  refuse: Refuse,
): void {
  const { literals, used, table } = readLiterals(bytes, state.huffman, refuse);
  state.huffman = table;
  const read = readSequences(bytes.subarray(used), state.tables, state.offsets, refuse);
  state.tables = read.tables;
  const limit = out.size() + BLOCK_LIMIT;
  let at = 0;
  for (;;) {
    const next = read.sequences.next();
    if (next.done) {
      state.offsets = next.value;
      break;
    }
    const { literals: count, length, offset } = next.value;
    if (at + count > literals.byteLength) refuse("a sequence wants more literals than there are");
    out.add(literals.subarray(at, at + count));
    at += count;
    if (offset > out.size() || offset > window) refuse("a sequence reaches too far back");
    if (out.size() + length > limit) refuse("a block expands to too much");
    out.repeat(offset, length);
  }
  out.add(literals.subarray(at));
}

/** A number of up to eight bytes. What is larger than a number can say is no size of ours either. */
function littleEndian(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[from + i] as number);
  return value;
}
