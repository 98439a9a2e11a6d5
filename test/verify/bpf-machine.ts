/**
 * Runs seccomp programs as the kernel does: net/core/filter.c, seccomp_check_filter() in kernel/seccomp.c.
 *
 * @module
 */

/** A call that a filter looks at: `struct seccomp_data`, of which the address of the instruction is 0 here. */
export interface Call {
  readonly number: number;
  /** `AUDIT_ARCH_*`. */
  readonly arch: number;
  /** 64 bits each; those that are missing are 0. */
  readonly args: readonly bigint[];
}

/** A program that answers calls with `SECCOMP_RET_*`. */
export type Filter = (call: Call) => number;

/**
 * Reads a program of a little-endian CPU.
 *
 * @throws Error when it is longer than the kernel takes; its filter throws at an instruction that is not known.
 */
export function readFilter(bytes: Uint8Array): Filter {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length / 8;
  if (!Number.isInteger(length) || length > 4096) throw new Error(`${length} instructions`);
  const program = Array.from({ length }, (_, at) => ({
    code: view.getUint16(at * 8, true),
    jt: bytes[at * 8 + 2]!,
    jf: bytes[at * 8 + 3]!,
    k: view.getUint32(at * 8 + 4, true),
  }));
  const data = new DataView(new ArrayBuffer(64));
  return ({ number, arch, args }) => {
    data.setUint32(0, number, true);
    data.setUint32(4, arch, true);
    for (let at = 0; at < 6; at += 1) data.setBigUint64(16 + 8 * at, args[at] ?? 0n, true);
    let loaded = 0;
    for (let at = 0; ; at += 1) {
      const line = program[at];
      if (line === undefined) throw new Error("It runs past its end");
      const { code, jt, jf, k } = line;
      const branch = (holds: boolean) => {
        at += holds ? jt : jf;
      };
      if (code === 0x20) loaded = data.getUint32(k, true);
      else if (code === 0x54) loaded = (loaded & k) >>> 0;
      else if (code === 0x05) at += k;
      else if (code === 0x15) branch(loaded === k);
      else if (code === 0x25) branch(loaded > k);
      else if (code === 0x35) branch(loaded >= k);
      else if (code === 0x45) branch((loaded & k) !== 0);
      else if (code === 0x06) return k;
      else throw new Error(`Instruction 0x${code.toString(16)} is unknown`);
    }
  };
}
