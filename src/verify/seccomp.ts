/**
 * The seccomp filter that a container runs under by default, as a program for this host's kernel.
 *
 * @module
 */
import { NotTried } from "./check.ts";
import type { Probe } from "./probe.ts";
import { AARCH64, ARM, type CallTable, I386, X86_64 } from "./runtime-default.ts";

/** What a kernel runs: its own programs first, then the 32-bit ones that it may run besides. */
const TABLES: Readonly<Record<string, readonly CallTable[]>> = {
  x64: [X86_64, I386],
  arm64: [AARCH64, ARM],
};

/** errno.h: what a refused call returns. Docker and containerd say EPERM, Podman ENOSYS. */
const EPERM = 1;
const ENOSYS = 38;

/**
 * What qemu-user needs besides: it starts one thread of its own. The runtimes allow clone without new namespaces; a
 * filter of names alone cannot tell the two apart. Asked for clone3, they answer ENOSYS and not EPERM, so that C
 * libraries fall back to clone: under an emulator all refusals are ENOSYS.
 */
const CLONE: Readonly<Record<string, number>> = { x64: 56, arm64: 220 };

/**
 * The filter: an allow-list of system calls by name, for this host's own and its 32-bit programs. It is stricter than
 * the runtimes' where those look at arguments, see runtime-default.ts. Other kinds of program (x32) are refused.
 *
 * @param emulated - Is the program run by qemu-user? Its calls are filtered with those of the emulator.
 * @throws NotTried on a CPU whose calls hiatus has no table of.
 */
export function runtimeDefault(probe: Probe, emulated: boolean, cpu = process.arch): Uint8Array {
  const tables = TABLES[cpu];
  if (tables === undefined) throw new NotTried(`there is no table of system calls for ${cpu}`);
  const allowed = tables.map(({ arch, calls }, position) => ({
    arch,
    calls: [
      ...[...numbersOf(calls).values()],
      ...(emulated && position === 0 ? [CLONE[cpu]!] : []),
    ],
  }));
  return probe.allowCalls(allowed, emulated ? ENOSYS : EPERM);
}

/** Reads a table: numbers by name. */
export function numbersOf(calls: string): ReadonlyMap<string, number> {
  const words = calls.trim().split(/\s+/);
  const pairs = words.flatMap((word, at) =>
    at % 2 === 0 ? [[word, Number(words[at + 1])] as const] : [],
  );
  return new Map(pairs);
}
