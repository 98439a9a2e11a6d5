/**
 * The life of a pod that is nothing but a sandbox: it starts, takes in an orphan, and ends when it is asked to.
 *
 * @module
 */

import { run } from "../runtime/command.ts";
import type { Cri } from "../runtime/cri/client.ts";
import { type PodHost, runPod } from "../runtime/pods.ts";
import { childrenOf, readProcess } from "../runtime/processes.ts";
import { until } from "../runtime/until.ts";

/** What came of it. */
export interface PodLife {
  /** What its first process is called. */
  readonly command: string;
  /** Was an orphan given to it, and gone without a trace after its end? */
  readonly reaped: boolean;
  /** Was it stopped and removed within five seconds? What does not end when asked is killed after ten. */
  readonly obeyed: boolean;
}

/** What has to come of it. */
export const GOOD_LIFE: PodLife = { command: "/pause", reaped: true, obeyed: true };

/** The programs it needs. */
export const LIFE_PROGRAMS = ["nsenter", "sleep", "sh"];

/**
 * Runs a pod from its start to its end.
 *
 * @param pidOf - Process of a sandbox as the host knows it. @default what the CRI tells
 * @throws Error when it does not start.
 */
export async function livePod(
  cri: Cri,
  host: PodHost,
  name: string,
  pidOf?: (sandbox: string) => Promise<number>,
): Promise<PodLife> {
  const namespaces = { network: "POD", pid: "POD", ipc: "POD" } as const;
  const pod = await runPod(cri, host, { name, namespaces });
  const pid = pidOf === undefined ? pod.pid : await pidOf(pod.id);
  const command = await firstProgram(pid);
  await run(["nsenter", `--target=${pid}`, "--pid", "sh", "-c", "sleep 0.3 >&- 2>&- &"]);
  const taken = await until("an orphan of its own", () => childrenOf(pid).length > 0);
  await until("the orphan to go", () => childrenOf(pid).length === 0);
  const start = Date.now();
  await pod.remove();
  return { command, reaped: taken, obeyed: Date.now() - start < 5_000 };
}

/** The CRI calls a pod ready when runc has been told to start it, which is a moment before it has. */
export function firstProgram(pid: number): Promise<string> {
  return until("the pod's first program", () => {
    const now = readProcess(pid)?.command;
    return now === undefined || /^$|runc init$/.test(now) ? undefined : now;
  });
}
