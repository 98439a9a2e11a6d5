/**
 * The last step of linking: what no kernel reads is cut off.
 *
 * @module
 */
import { LAYOUTS, readElf, TAIL } from "./read.ts";

/**
 * Cuts an ELF file after the last byte that its header, its program headers or a segment need, and takes the section
 * headers out of the ELF header. Linkers append sections for debuggers; `execve` reads only program headers
 * (`load_elf_binary`, fs/binfmt_elf.c). `e_shentsize` becomes 0 too, as in files that never had sections: readelf,
 * gdb, file and qemu-user take both. The input is left as it is; sealing twice changes nothing.
 *
 * @throws HiatusError `CONTENT` when the bytes are not a sound ELF file.
 */
export function sealElf(bytes: Uint8Array): Uint8Array {
  const facts = readElf(bytes);
  const sealed = bytes.slice(0, facts.end);
  const { word, header } = LAYOUTS[facts.class];
  sealed.fill(0, header.shoff, header.shoff + word);
  sealed.fill(0, header.ehsize + TAIL.shentsize, header.ehsize + TAIL.shstrndx + 2);
  return sealed;
}
