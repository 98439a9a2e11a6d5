/**
 * What pause says when it goes, and how it is told to.
 *
 * @module
 */
import { constants } from "node:os";
import type { ProbeProcess } from "../probe.ts";

/** This host's numbers. */
export const { SIGINT, SIGTERM, SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGUSR1 } = constants.signals;

/** The signals that end pause, and what it says then on standard error. */
export const LAST_WORDS = {
  SIGTERM: "Shutting down, got signal: Terminated\n",
  SIGINT: "Shutting down, got signal: Interrupt\n",
} as const;

/** What pause says on standard error when it is not PID 1. */
export const WARNING = "Warning: pause should be the first process\n";

/** Where a signal comes from. PID 1 is shielded from what comes from inside, unless it asks for it. */
export type Side = "outside" | "inside";

/** Sends a signal to PID 1. */
export async function send(init: ProbeProcess, signal: number, side: Side): Promise<void> {
  if (side === "inside") await init.signalInside(signal);
  else init.signal(signal);
}
