/**
 * The one error type of hiatus. Callers narrow by `code`; people read `message` and `hint`.
 *
 * @module
 */

/** What kind of failure it was. The prefix tells who can mend it, see {@link exitCodeOf}. */
export type ErrorCode =
  /** Wrong command line, option or argument. */
  | "USAGE"
  /** A file that configures hiatus (image definition, lock, mirrors) is wrong. */
  | "CONFIG"
  /** A digest, reference, tag, platform or version does not follow its grammar. */
  | "INVALID"
  /** A compiler is missing or refused to work. */
  | "TOOLCHAIN"
  /** Content does not match its descriptor, or a document breaks its specification. */
  | "CONTENT"
  /** A blob, manifest or tag is not there. */
  | "NOT_FOUND"
  /** A manifest was pushed before the content it names. */
  | "INCOMPLETE"
  /** The file system refused. */
  | "IO"
  /** A registry could not be reached, or the connection broke. */
  | "NETWORK"
  /** A registry does not accept who we are (401) or what we want (403). */
  | "AUTH"
  /** A registry refused for another reason, or answered what its protocol does not know. */
  | "REGISTRY"
  /** A container runtime of a node refused, or is not there. */
  | "RUNTIME"
  /** Somebody else moved a tag meanwhile. */
  | "RACE"
  /** A check ran and found a difference. */
  | "DIFFERENCE";

/** How an error is made. */
export interface ErrorOptions {
  /** Typed facts for programs: digests, paths, lines. Never a secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** What the user can do next, in the imperative, one sentence. */
  readonly hint?: string;
  /** What caused it. */
  readonly cause?: unknown;
}

/** The only class of error that hiatus throws on purpose. An abort is rethrown as it came. */
export class HiatusError extends Error {
  override readonly name = "HiatusError";
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? {};
    this.hint = options.hint;
  }
}

/** Is it one of ours, and if codes are named, one of those? */
export function isHiatusError(error: unknown, ...codes: ErrorCode[]): error is HiatusError {
  return error instanceof HiatusError && (codes.length === 0 || codes.includes(error.code));
}

/** Was the work stopped by an `AbortSignal`? */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

const SYSTEM_HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "Free some space on that disk, or choose another folder",
  EDQUOT: "Free some of your quota, or choose another folder",
  EROFS: "The file system is read-only; choose another folder",
  EACCES: "Check the permissions of the folder, or choose another one",
  EPERM: "Check the permissions of the folder, or choose another one",
  ENOTDIR: "A part of the path is a file; choose another folder",
  EMFILE: "Raise the limit of open files (ulimit -n)",
};

/** Turns a refusal of the operating system into an `IO` error; everything else is returned as it came. */
export function fromSystemError(error: unknown, doing: string): unknown {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || error instanceof HiatusError || syscall === undefined)
    return error;
  const where = path === undefined ? "" : ` at "${path}"`;
  return new HiatusError("IO", `${doing}: ${code ?? error.message} in ${syscall}${where}`, {
    cause: error,
    detail: { code, path },
    hint: SYSTEM_HINTS[code ?? ""] ?? "Look at that path, mend it and run again",
  });
}

/** Exit codes that scripts may rely on. */
export const ExitCode = { done: 0, failed: 1, usage: 2, difference: 3 } as const;

/**
 * The exit code that an error ends the command with: 2 for wrong usage or configuration, 3 for a
 * difference found by a check, 1 for everything else.
 */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof HiatusError)) return ExitCode.failed;
  switch (error.code) {
    case "USAGE":
    case "CONFIG":
    case "INVALID":
      return ExitCode.usage;
    case "DIFFERENCE":
      return ExitCode.difference;
    default:
      return ExitCode.failed;
  }
}
