/** Makes small ELF files for tests, field by field and without looking at the reader. */

/** A program header to write. */
export interface SegmentSpec {
  readonly type: number;
  readonly flags: number;
  readonly offset?: number;
  readonly vaddr?: number;
  readonly filesz?: number;
  readonly memsz?: number;
  readonly align?: number;
}

/** An ELF file to write. */
export interface ElfSpec {
  readonly class: 32 | 64;
  readonly byteOrder: "little" | "big";
  readonly osAbi?: number;
  readonly type?: number;
  readonly machine?: number;
  readonly flags?: number;
  readonly entry?: number;
  readonly segments: readonly SegmentSpec[];
  /** Written at `contentAt`. */
  readonly content?: string;
  readonly contentAt?: number;
  /** Section headers that are named in the ELF header and appended as zeros. */
  readonly sections?: number;
  /** Bytes before the section headers. */
  readonly size: number;
}

/** The bytes of an ELF file as the specification lays them out. */
export function makeElf(spec: ElfSpec): Uint8Array {
  const wide = spec.class === 64;
  const little = spec.byteOrder === "little";
  const sections = spec.sections ?? 0;
  const sectionSize = wide ? 64 : 40;
  const bytes = new Uint8Array(spec.size + sections * sectionSize);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const u8 = (value: number) => view.setUint8(at++, value);
  const u16 = (value: number) => {
    view.setUint16(at, value, little);
    at += 2;
  };
  const u32 = (value: number) => {
    view.setUint32(at, value, little);
    at += 4;
  };
  const word = (value: number) => {
    if (!wide) return u32(value);
    view.setBigUint64(at, BigInt(value), little);
    at += 8;
  };

  for (const byte of [0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1]) u8(byte);
  u8(spec.osAbi ?? 0);
  at = 16;
  u16(spec.type ?? 2);
  u16(spec.machine ?? 62);
  u32(1);
  word(spec.entry ?? 0);
  word(wide ? 64 : 52);
  word(sections > 0 ? spec.size : 0);
  u32(spec.flags ?? 0);
  u16(wide ? 64 : 52);
  u16(wide ? 56 : 32);
  u16(spec.segments.length);
  u16(sections > 0 ? sectionSize : 0);
  u16(sections);
  u16(sections > 0 ? sections - 1 : 0);
  for (const segment of spec.segments) {
    const { type, flags, offset = 0, vaddr = 0, filesz = 0, memsz = filesz, align = 0 } = segment;
    u32(type);
    if (wide) u32(flags);
    word(offset);
    word(vaddr);
    word(vaddr);
    word(filesz);
    word(memsz);
    if (!wide) u32(flags);
    word(align);
  }
  if (spec.content !== undefined) {
    bytes.set(
      new TextEncoder().encode(spec.content),
      spec.contentAt ?? spec.size - spec.content.length,
    );
  }
  return bytes;
}

/** A sound program: one segment with everything in it, a stack that cannot be executed, a stamp at its end. */
export function soundElf(changes: Partial<ElfSpec> = {}, stamp = "3.10.2"): Uint8Array {
  const size = 400;
  return makeElf({
    class: 64,
    byteOrder: "little",
    entry: 0x400100,
    size,
    segments: [textSegment(size), STACK],
    content: `pause.c ${stamp}\n`,
    ...changes,
  });
}

/** PT_GNU_STACK, readable and writable. */
export const STACK: SegmentSpec = { type: 0x6474e551, flags: 6 };

/** PT_LOAD, readable and executable, over the first bytes of the file. */
export function textSegment(size: number, changes: Partial<SegmentSpec> = {}): SegmentSpec {
  return { type: 1, flags: 5, vaddr: 0x400000, filesz: size, align: 0x1000, ...changes };
}
