/**
 * Classic BPF as seccomp takes it: instructions and their bytes. Jumps go forward, over that many instructions.
 *
 * @see https://docs.kernel.org/userspace-api/seccomp_filter.html
 * @see https://docs.kernel.org/networking/filter.html
 * @module
 */

/** `struct sock_filter`, include/uapi/linux/filter.h. */
export interface Instruction {
  readonly code: number;
  /** Jumps when the comparison holds, and when it does not: 0 to 255. @default 0 */
  readonly jt?: number;
  readonly jf?: number;
  /** 32 bits. */
  readonly k: number;
}

/** `struct seccomp_data`: where the number of the call and the kind of program are. */
export const CALL = 0;
export const ARCH = 4;

/** Where an argument's halves are, on CPUs that are little-endian. */
export function argumentAt(index: number): { readonly low: number; readonly high: number } {
  const low = 16 + 8 * index;
  return { low, high: low + 4 };
}

/** What a filter may say, include/uapi/linux/seccomp.h. */
export const ALLOW = 0x7fff0000;
export const KILL_THREAD = 0;

/** Refuses the call with an error. */
export function refuse(errno: number): number {
  return 0x50000 + errno;
}

/** Loads a word of `struct seccomp_data`. BPF_LD | BPF_W | BPF_ABS */
export function load(offset: number): Instruction {
  return { code: 0x20, k: offset };
}

/** BPF_JMP | BPF_JA */
export function jump(over: number): Instruction {
  return { code: 0x05, k: over };
}

/** What is loaded is `k`. BPF_JMP | BPF_JEQ | BPF_K */
export function ifEqual(k: number, jt: number, jf: number): Instruction {
  return { code: 0x15, jt, jf, k };
}

/** What is loaded is `k` or more, unsigned. BPF_JMP | BPF_JGE | BPF_K */
export function ifAtLeast(k: number, jt: number, jf: number): Instruction {
  return { code: 0x35, jt, jf, k };
}

/** What is loaded has one of the bits of `k`. BPF_JMP | BPF_JSET | BPF_K */
export function ifAny(k: number, jt: number, jf: number): Instruction {
  return { code: 0x45, jt, jf, k };
}

/** Ends with what the filter says. BPF_RET | BPF_K */
export function answer(action: number): Instruction {
  return { code: 0x06, k: action };
}

/** The bytes of a program, in the host's byte order. */
export function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const halves = new Uint16Array(bytes.buffer);
  const words = new Uint32Array(bytes.buffer);
  for (const [at, { code, jt = 0, jf = 0, k }] of program.entries()) {
    halves[at * 4] = code;
    bytes[at * 8 + 2] = jt;
    bytes[at * 8 + 3] = jf;
    words[at * 2 + 1] = k;
  }
  return bytes;
}
