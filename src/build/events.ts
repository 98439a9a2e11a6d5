/**
 * What a build reports while it works. Presenters turn events into a terminal or into JSON lines.
 *
 * @module
 */
import type { Platform } from "../oci/platform.ts";

/** Everything that a build may report. */
export type BuildEvent = CompileEvent | WarningEvent;

/** Takes events as they happen. It must not throw. */
export type OnEvent = (event: BuildEvent) => void;

/** The program of one platform is being compiled, is there, or could not be compiled. */
export interface CompileEvent {
  readonly type: "compile";
  readonly platform: Platform;
  readonly state: "start" | "done" | "failed";
  /** Did the bytes come from the cache? Only then is `state` "done" without a compiler having run. */
  readonly cached: boolean;
  /** Size of the finished program; 0 until it is done. */
  readonly bytes: number;
}

/** Something is not as it should be, and the build goes on. */
export interface WarningEvent {
  readonly type: "warning";
  readonly message: string;
  /** What the user can do about it. */
  readonly hint?: string;
}
