/**
 * The probe: a native addon (`native/probe/`) that starts a program as PID 1 of new namespaces, enters them, makes
 * orphans in them, and tells what it saw. It needs Linux and is optional: where it is missing, checks are "not tried".
 *
 * Times are bigints, in nanoseconds of CLOCK_MONOTONIC. Timeouts are milliseconds. What waits takes a timeout and no
 * signal; to stop earlier, `close` the process. Nothing of it outlives this process, however that ends.
 *
 * @module
 */
// For those who read our declarations without that library.
/// <reference lib="esnext.disposable" preserve="true" />
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../package-root.ts";

/** As whom, and how confined, a process runs. */
export interface Confinement {
  /** Numeric. @default root's, of the user namespace where there is one */
  readonly uid?: number;
  /** Numeric; supplementary groups are emptied where the kernel lets us. @default root's, alike */
  readonly gid?: number;
  /** Empties all five capability sets. @default false */
  readonly dropCapabilities?: boolean;
  /** @default false */
  readonly noNewPrivs?: boolean;
  /** A seccomp program: `struct sock_filter`s in the host's byte order, as bpf.ts writes them. @default none */
  readonly seccomp?: Uint8Array;
  /** Signals that are ignored at exec; all others have their default. @default [] */
  readonly ignored?: readonly number[];
  /** Signals that are blocked at exec. @default [] */
  readonly blocked?: readonly number[];
}

/** How PID 1 is started. */
export interface StartOptions {
  /** Where the program is in its root; also its `argv[0]`. @default "/pause" */
  readonly path?: string;
  /** Arguments after `argv[0]`. @default [] */
  readonly args?: readonly string[];
  /** The whole environment, `NAME=value`. @default [] */
  readonly env?: readonly string[];
  /** More files for the private root; `path` is absolute. @default [] */
  readonly files?: readonly { readonly source: string; readonly path: string }[];
  /** A static user-mode emulator, such as qemu-user-static's. It is `/.emulator` in there. @default none */
  readonly emulator?: string;
  /** A program that runs first and gets the real command line after `args`, to exec it. @default none */
  readonly pre?: { readonly program: string; readonly args: readonly string[] };
  /** A fresh tmpfs, or the host's files in a mount namespace of its own. @default "private" */
  readonly root?: "private" | "host";
  /** Only for the private root. @default true */
  readonly readOnly?: boolean;
  /** Mount /proc of the new PID namespace; only in the private root. @default true */
  readonly proc?: boolean;
  readonly confinement?: Confinement;
  /** @default true when this process has no CAP_SYS_ADMIN */
  readonly userNamespace?: boolean;
  /** The first of the 65,536 ids of the host that a user namespace maps, where we may. @default 65536 */
  readonly hostIds?: number;
  /** Zombie children that PID 1 has before its exec. @default 0 */
  readonly zombies?: number;
  /** Exit signals of those zombies, in turn; 0 is none. @default [SIGCHLD] */
  readonly zombieSignals?: readonly number[];
  /** Bytes that are kept of each output; the rest is read and counted. @default 65536 */
  readonly outputLimit?: number;
  /** Look for readiness from exec on, for at most 10 ms; calls as in `ready`, or []. @default not */
  readonly ready?: readonly number[];
  /** The folder of a cgroup that PID 1 is put into before its exec. @default none */
  readonly cgroup?: string;
}

/** How a program is run inside the namespaces of a PID 1. */
export interface EnterOptions {
  /** The whole command line. @default [program] */
  readonly argv?: readonly string[];
  /** @default [] */
  readonly env?: readonly string[];
  /** A static user-mode emulator; needs /proc in the root. @default none */
  readonly emulator?: string;
  readonly confinement?: Confinement;
  /** @default 65536 */
  readonly outputLimit?: number;
}

/**
 * How orphans become orphans and die: adopted and then die; zombies when adopted; first thread ends before the last; exit
 * signals 0 and SIGUSR1, half of them zombies when adopted; die traced and are waited for by their tracer; die
 * traced and their tracer dies; were traced and let go.
 */
export type OrphanKind =
  | "plain"
  | "zombie"
  | "threads"
  | "signals"
  | "traced-waited"
  | "traced-abandoned"
  | "traced-detached";

/** A storm of orphans. */
export interface StormOptions {
  /** @default "plain" */
  readonly orphan?: OrphanKind;
  /** How many live at once; they die together. @default 256 */
  readonly inFlight?: number;
  /** For the making. @default 60000 */
  readonly timeout?: number;
  /** How long to wait for the last zombie to go. @default 1000 */
  readonly settle?: number;
}

/** How a process ended: `code` or `signal`; neither when other code of this process reaped it first. */
export interface Exit {
  readonly code?: number;
  readonly signal?: number;
  readonly at: bigint;
}

/** When things happened: right before clone, in the middle of exec, and when the rest was seen. */
export interface Times {
  readonly cloned: bigint;
  readonly executed: bigint;
  readonly ready?: bigint;
  /** Right before the last signal was sent. */
  readonly signalled?: bigint;
  readonly exited?: bigint;
}

/** Memory in kB: proc(5), smaps_rollup; page tables from status. */
export interface Memory {
  readonly rss: number;
  readonly pss: number;
  readonly privateDirty: number;
  readonly anonymous: number;
  readonly pageTables: number;
}

/** What work a process has caused: context switches, clock ticks, nanoseconds on a CPU. */
export interface Usage {
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly runNs: bigint;
}

/** Descendants of a process, and how many of them are zombies. */
export interface Family {
  readonly processes: number;
  readonly zombies: number;
}

/** What became of a storm. */
export interface StormReport {
  readonly made: number;
  /** Could not be made; `errno` is that of the first. */
  readonly failed: number;
  /** Lived, but no tracer could attach. */
  readonly untraced: number;
  readonly errno: number;
  readonly timedOut: boolean;
  /** From the first orphan's making to the last one's end. */
  readonly ns: bigint;
  /** From then until PID 1 had no descendant, or until patience ended. */
  readonly settledNs: bigint;
  readonly left: Family;
  /** PID 1's work before the storm, and when it had settled. */
  readonly before: Usage;
  readonly after: Usage;
}

/** A process of the probe: PID 1 of its namespaces, or a program that entered them. */
export interface ProbeProcess extends AsyncDisposable {
  /** In this process's PID namespace. */
  readonly pid: number;
  readonly times: Times;
  readonly exit: Exit | null;
  /** What it has written so far; `dropped` counts bytes past the limit. */
  outputs(): { stdout: Uint8Array; stderr: Uint8Array; dropped: number };
  /** Sends a signal from outside and gives the time right before. Throws when it has ended. */
  signal(signal: number): bigint;
  /**
   * Sends a signal to PID 1 from inside its PID namespace: from there, the kernel drops what PID 1 neither handles nor
   * blocks. Fulfilled once it is sent.
   */
  signalInside(signal: number): Promise<void>;
  /** Null when it did not end in time. After the last process's exit nothing of the probe is left. */
  wait(timeout: number): Promise<Exit | null>;
  /** Looks without sleep for 10 ms, so that the time in between is not that of a wake-up. */
  signalAndWait(signal: number, timeout: number): Promise<Exit | null>;
  /**
   * Waits until it sleeps in one of these system calls of the host's CPU; `call` is missing where the kernel does not
   * tell, null when it did not in time. @default rt_sigtimedwait, of 32-bit programs too
   */
  ready(timeout: number, calls?: readonly number[]): Promise<{ at: bigint; call?: number } | null>;
  /** Runs a static program in all its namespaces. It dies with PID 1, and its orphans are PID 1's. */
  enter(program: string, options?: EnterOptions): Promise<ProbeProcess>;
  storm(count: number, options?: StormOptions): Promise<StormReport>;
  memory(): Promise<Memory>;
  usage(): Promise<Usage>;
  family(): Promise<Family>;
  /** Kills it, with PID 1 all that lives in its namespaces, and waits until it is gone. */
  close(): Promise<void>;
}

/**
 * The addon. Its errors are `Error`s of one clear reason and a `code`: `PROBE_REFUSED` (the kernel or the host refuses:
 * not tried), `PROBE_PROGRAM` (the program cannot be executed), `PROBE_ARGUMENT`, `PROBE_ENDED`.
 */
export interface Probe {
  now(): bigint;
  /**
   * Tries every ability and lists those that are refused: "start" (and with it all others), "enter", "trace",
   * "memory", "user namespace", "proc", "confinement", "seccomp". Never rejects.
   */
  supported(): Promise<{ ability: string; reason: string }[]>;
  /** Starts a static program as PID 1; fulfilled once it is executed. */
  start(program: string, options?: StartOptions): Promise<ProbeProcess>;
}

/** The addon and its file, or the one reason why there is none. */
export type ProbeLoad =
  | { readonly loaded: true; readonly probe: Probe; readonly path: string }
  | { readonly loaded: false; readonly reason: string };

let known: ProbeLoad | undefined;

/** Loads the addon at the first call. Never throws. In Deno it needs `--allow-ffi` and `--allow-read`. */
export function loadProbe(): ProbeLoad {
  known ??= findProbe(join(packageRoot(), "native", "probe"));
  return known;
}

/** @internal Looks for the addon in a folder. */
export function findProbe(folder: string): ProbeLoad {
  if (process.platform !== "linux") {
    return { loaded: false, reason: `the probe needs Linux, this is ${process.platform}` };
  }
  // One for each C library, as @napi-rs/cli names them; the other one's does not load.
  const prefix = `hiatus-probe.linux-${process.arch}-`;
  let reason = "the probe is not built: run 'npm run build:native', which needs Rust";
  for (const name of namesIn(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(".node")) continue;
    const path = join(folder, name);
    try {
      return { loaded: true, probe: require(path), path };
    } catch (error) {
      reason = `the probe does not load: ${error instanceof Error ? error.message : error}`;
    }
  }
  return { loaded: false, reason };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function require(path: string): Probe {
  const addon = createRequire(import.meta.url)(path);
  addon.Process.prototype[Symbol.asyncDispose] = addon.Process.prototype.close;
  return addon;
}
