/**
 * The seccomp profile that a container gets by default ("RuntimeDefault" of Kubernetes), when it has no capabilities:
 * containerd 2.4.2's, its newest release when this was written. Others differ in a few calls, see docs/verification.md.
 *
 * All calls in call-numbers.ts are allowed, but for those that are named here. What containerd says besides is settled by
 * who uses this: it allows ptrace and process_vm_* since Linux 4.8, and the probe needs 5.9; without capabilities it adds
 * nothing; s390, where `clone` has its flags elsewhere, has no table. `test/verify/seccomp.test.ts` compares the filter
 * with what containerd writes into a container's config.json, call by call.
 *
 * @see https://github.com/containerd/containerd/blob/v2.4.2/contrib/seccomp/seccomp_default.go
 * @module
 */

/** A call passes when one of its arguments fits; then any of what is given here is enough. Numbers fit 32 bits. */
export interface Condition {
  /** Which argument, from 0. */
  readonly argument: number;
  /** It is one of these. @default [] */
  readonly equals?: readonly number[];
  /** It is less. @default 0 */
  readonly below?: number;
  /** None of these bits is set in it. Stands alone. @default not asked */
  readonly clear?: number;
}

/** Calls that pass on a condition, and are refused with EPERM otherwise. */
export const CONDITIONAL: Readonly<Record<string, Condition>> = {
  // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: no new namespaces.
  clone: { argument: 0, clear: 0x7e020000 },
  // PER_LINUX, PER_LINUX32, UNAME26, both, and the question what it is.
  personality: { argument: 0, equals: [0, 0x8, 0x20000, 0x20008, 0xffffffff] },
  // All families but AF_ALG (38), AF_VSOCK (40), and those to come after AF_MCTP (45).
  socket: { argument: 0, below: 38, equals: [39, 41, 42, 43, 44, 45] },
};

/** Calls that are named and refused, with these errors. C libraries fall back to clone when there is no clone3. */
export const REFUSED: Readonly<Record<string, number>> = { clone3: 38 };

/** Errors of all other calls, errno.h: EPERM, and ENOSYS for those that are younger than the profile. */
export const EPERM = 1;
export const ENOSYS = 38;
