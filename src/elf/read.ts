/**
 * Reads what an ELF file says about itself: the header and the program headers, which is all that a kernel reads.
 *
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
 * @module
 */
import { HiatusError } from "../errors.ts";

/** `p_type` values that hiatus knows by name. */
export const SegmentType = {
  load: 1,
  dynamic: 2,
  interp: 3,
  gnuStack: 0x6474e551,
} as const;

/** Bits of `p_flags`. */
export const SegmentFlag = { execute: 1, write: 2, read: 4 } as const;

/** `e_type` of a program with fixed addresses. */
export const ET_EXEC = 2;

/** The facts of an ELF file. Offsets and sizes count bytes. */
export interface ElfFacts {
  readonly class: 32 | 64;
  readonly byteOrder: "little" | "big";
  /** `EI_OSABI`: 0 is System V. */
  readonly osAbi: number;
  /** `e_type`: 2 is a program with fixed addresses, 3 one that can be placed anywhere. */
  readonly type: number;
  /** `e_machine`, as in linux/elf-em.h. */
  readonly machine: number;
  /** `e_flags`: the ABI, on the CPUs that have more than one. */
  readonly flags: number;
  /** Virtual address of the first instruction. */
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
  /** Number of section headers: 0 after sealing. */
  readonly sections: number;
  /** How much of the file the ELF header, the program headers and the segments cover, from its beginning. */
  readonly end: number;
}

/** One program header. */
export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
  readonly memsz: number;
  readonly align: number;
}

/** Where the fields stand in the two classes. `word` is the width of addresses and offsets in bytes. */
export const LAYOUTS = {
  32: {
    word: 4,
    header: { size: 52, entry: 24, phoff: 28, shoff: 32, flags: 36, ehsize: 40 },
    segment: {
      size: 32,
      type: 0,
      flags: 24,
      offset: 4,
      vaddr: 8,
      filesz: 16,
      memsz: 20,
      align: 28,
    },
  },
  64: {
    word: 8,
    header: { size: 64, entry: 24, phoff: 32, shoff: 40, flags: 48, ehsize: 52 },
    segment: {
      size: 56,
      type: 0,
      flags: 4,
      offset: 8,
      vaddr: 16,
      filesz: 32,
      memsz: 40,
      align: 48,
    },
  },
} as const;

/** From `e_ehsize` on, both classes have the same six 16-bit fields: their distance from it. */
export const TAIL = { phentsize: 2, phnum: 4, shentsize: 6, shnum: 8, shstrndx: 10 } as const;

/** Linux refuses program headers beyond one page or 64 KiB; nothing that hiatus meets has more than this. */
const SEGMENT_LIMIT = 64;

/**
 * Reads the facts of an ELF file. Time and memory are bounded whatever the bytes are.
 *
 * @throws HiatusError `CONTENT` when it is not an ELF file, or says of itself what cannot be: tables or segments
 * outside of the file, addresses beyond 2^53, more than 64 program headers.
 */
export function readElf(bytes: Uint8Array): ElfFacts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16 || view.getUint32(0) !== 0x7f454c46)
    throw broken("it does not begin with ELF's magic");
  const klass = bytes[4] === 1 ? 32 : bytes[4] === 2 ? 64 : undefined;
  if (klass === undefined) throw broken(`its class is ${bytes[4]}, neither 1 nor 2`);
  const data = bytes[5];
  if (data !== 1 && data !== 2) throw broken(`its byte order is ${data}, neither 1 nor 2`);
  if (bytes[6] !== 1) throw broken(`its version is ${bytes[6]}, not 1`);

  const little = data === 1;
  const { word, header, segment } = LAYOUTS[klass];
  if (bytes.length < header.size) throw broken("its header is cut off");
  const half = (at: number) => view.getUint16(at, little);
  const full = (at: number) => view.getUint32(at, little);
  const address = (at: number): number => {
    if (word === 4) return full(at);
    const value = view.getBigUint64(at, little);
    if (value > Number.MAX_SAFE_INTEGER) throw broken(`it has a value of 0x${value.toString(16)}`);
    return Number(value);
  };

  const ehsize = half(header.ehsize);
  if (ehsize !== header.size) throw broken(`its header is ${ehsize} bytes, not ${header.size}`);
  const count = half(header.ehsize + TAIL.phnum);
  const entrySize = half(header.ehsize + TAIL.phentsize);
  const table = address(header.phoff);
  if (count > SEGMENT_LIMIT) throw broken(`it has ${count} program headers`);
  if (count > 0 && entrySize !== segment.size) {
    throw broken(`its program headers are ${entrySize} bytes each, not ${segment.size}`);
  }
  let end: number = header.size;
  if (count > 0) {
    end = Math.max(end, table + count * segment.size);
    if (end > bytes.length) throw broken("its program headers lie outside of the file");
  }

  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const at = table + i * segment.size;
    const found: ElfSegment = {
      type: full(at + segment.type),
      flags: full(at + segment.flags),
      offset: address(at + segment.offset),
      vaddr: address(at + segment.vaddr),
      filesz: address(at + segment.filesz),
      memsz: address(at + segment.memsz),
      align: address(at + segment.align),
    };
    if (found.filesz > 0) end = Math.max(end, found.offset + found.filesz);
    if (end > bytes.length) throw broken(`its segment ${i} lies outside of the file`);
    if (found.type === SegmentType.load && found.memsz < found.filesz) {
      throw broken(`its segment ${i} has more bytes in the file than in memory`);
    }
    segments.push(found);
  }

  return {
    class: klass,
    byteOrder: little ? "little" : "big",
    osAbi: bytes[7] ?? 0,
    type: half(16),
    machine: half(18),
    flags: full(header.flags),
    entry: address(header.entry),
    segments,
    sections: half(header.ehsize + TAIL.shnum),
    end,
  };
}

function broken(why: string): HiatusError {
  return new HiatusError("CONTENT", `This is not a sound ELF file: ${why}`, {
    hint: "Compile it again; when it stays so, the toolchain or the disk is at fault",
  });
}
