/**
 * The seccomp filter that a container runs under by default, as a program for this host's kernel: the profile of
 * runtime-default.ts, as runc and libseccomp put it into effect.
 *
 * @module
 */
import {
  ALLOW,
  ARCH,
  answer,
  argumentAt,
  assemble,
  CALL,
  type Instruction,
  ifAny,
  ifAtLeast,
  ifEqual,
  jump,
  KILL_THREAD,
  load,
  refuse,
} from "./bpf.ts";
import { type CallTable, callTables } from "./call-numbers.ts";
import { NotTried } from "./check.ts";
import { CONDITIONAL, type Condition, ENOSYS, EPERM, REFUSED } from "./runtime-default.ts";

/**
 * The filter, for this host's own and its 32-bit programs. Whoever runs an emulator under it filters the calls of that.
 *
 * Calls beyond the last one that the profile names get ENOSYS, because they are younger than it: so does runc. Other kinds
 * of programs are killed.
 *
 * @param cpu - Node's name of it. @default this one
 * @returns `struct sock_filter`s in the host's byte order, fewer than the 4,096 that the kernel takes.
 * @throws NotTried on a CPU whose calls hiatus has no table of.
 * @see https://github.com/opencontainers/runc/blob/v1.5.2/libcontainer/seccomp/patchbpf/enosys_linux.go
 */
export function runtimeDefault(cpu: string = process.arch): Uint8Array {
  const tables = callTables(cpu);
  if (tables === undefined) throw new NotTried(`there is no table of system calls for ${cpu}`);
  const sections = [...new Set(tables.map(({ arch }) => arch))].flatMap((arch) => {
    const ranges = tables.filter((table) => table.arch === arch).flatMap(rangesOf);
    const section = [load(CALL), ...search(ranges)];
    // A conditional jump would not reach over it.
    return [ifEqual(arch, 1, 0), jump(section.length), ...section];
  });
  return assemble([load(ARCH), ...sections, answer(KILL_THREAD)]);
}

/** Numbers from here to the next range, and what is done about them; the last instruction of that answers. */
interface Range {
  readonly from: number;
  readonly body: readonly Instruction[];
}

const ALLOWED: readonly Instruction[] = [answer(ALLOW)];
const DENIED: readonly Instruction[] = [answer(refuse(EPERM))];
const UNKNOWN: readonly Instruction[] = [answer(refuse(ENOSYS))];

/** All numbers of a table, in order. Those before the first one are part of the range before. */
function rangesOf(table: CallTable): readonly Range[] {
  const calls = [...table.numbers].map(([name, number]) => ({ name, number }));
  calls.sort((a, b) => a.number - b.number);
  // Every CPU has calls that the profile does not name between those that it does, and one kind begins at 0x40000000.
  let next = (calls[0]?.number ?? 0) & 0x40000000;
  const ranges: Range[] = [];
  const add = (from: number, body: readonly Instruction[]) => {
    if (ranges.at(-1)?.body !== body) ranges.push({ from, body });
  };
  for (const { name, number } of calls) {
    if (number > next) add(next, DENIED);
    add(number, bodyOf(name, table.wide));
    next = number + 1;
  }
  add(next, UNKNOWN);
  return ranges;
}

function bodyOf(name: string, wide: boolean): readonly Instruction[] {
  const errno = REFUSED[name];
  if (errno !== undefined) return [answer(refuse(errno))];
  const condition = CONDITIONAL[name];
  return condition === undefined ? ALLOWED : checkArgument(condition, wide);
}

/** Allows the call when its argument fits, else EPERM. Of a 64-bit argument the high half has to fit as well. */
function checkArgument(condition: Condition, wide: boolean): readonly Instruction[] {
  const { argument, equals = [], below, clear } = condition;
  const { low, high } = argumentAt(argument);
  const end = [...DENIED, ...ALLOWED];
  if (clear !== undefined) return [load(low), ifAny(clear, 0, 1), ...end];
  const numbers = [...(below === undefined ? [] : [below]), ...equals];
  const tests = numbers.map((number, at) => {
    // Over the tests that follow, and over the refusal.
    const allowed = numbers.length - at;
    return at === 0 && below !== undefined
      ? ifAtLeast(number, 0, allowed)
      : ifEqual(number, allowed, 0);
  });
  const lowHalf = [load(low), ...tests];
  return [...(wide ? [load(high), ifEqual(0, 0, lowHalf.length)] : []), ...lowHalf, ...end];
}

/** Goes through the ranges from the smallest number on. */
function search(ranges: readonly Range[]): readonly Instruction[] {
  return ranges.flatMap(({ body }, at) => {
    const next = ranges[at + 1];
    return next === undefined ? body : [ifAtLeast(next.from, body.length, 0), ...body];
  });
}
