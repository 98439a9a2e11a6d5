/**
 * Reaping: every orphan is buried, in whatever way it came and died, and none costs PID 1 a wake-up.
 *
 * @module
 */
import { demand, NotTried } from "../check.ts";
import { errnoName } from "../evidence.ts";
import type { OrphanKind, ProbeProcess, StormReport } from "../probe.ts";
import { demandEnd, demandReady, type Trial, withInit } from "../trial.ts";
import { LAST_WORDS, SIGCHLD, SIGCONT, SIGTERM, SIGUSR1 } from "./leaving.ts";
import type { Scenario } from "./scenario.ts";
import { stop } from "./signals.ts";

/** How many of each kind. */
const STORMS: Readonly<Record<OrphanKind, number>> = {
  plain: 2000,
  zombie: 200,
  threads: 200,
  signals: 200,
  "traced-waited": 200,
  "traced-abandoned": 200,
  "traced-detached": 200,
};

/** The kernel does the work. Once or twice something else may wake PID 1: a look at its memory, a page fault. */
const WAKE_UPS = 4;

/** All about orphans. */
export const REAPING: readonly Scenario[] = [
  {
    check: "zombies from before",
    run: (trial) =>
      withInit(trial, { zombies: 100, zombieSignals: [SIGCHLD, 0, SIGUSR1] }, async (init) => {
        await demandReady(trial, init);
        const { processes, zombies } = await init.family();
        demand(zombies === 0, `${zombies} of 100 zombies are left when it is ready`);
        demand(processes === 0, `${processes} processes are left when it is ready`);
        return "100 zombies are gone when it is ready";
      }),
  },
  ...Object.entries(STORMS).map(
    ([kind, count]): Scenario => ({
      check: `orphans: ${kind}`,
      run: (trial) =>
        withInit(trial, {}, async (init) => {
          await demandReady(trial, init);
          return storm(trial, init, kind as OrphanKind, count);
        }),
    }),
  ),
  {
    check: "orphans while stopped",
    run: (trial) => withInit(trial, {}, (init) => whileStopped(trial, init)),
  },
];

/** Makes a storm and demands that nothing is left of it. */
export async function storm(
  trial: Trial,
  init: ProbeProcess,
  orphan: OrphanKind,
  count: number,
): Promise<string> {
  const settle = Math.min(2_000, trial.patience.limit());
  const report = await init.storm(count, { orphan, timeout: 20_000, settle });
  const { zombies, processes } = report.left;
  if (processes > 0) trial.patience.hung();
  demand(zombies === 0, `${zombies} of ${report.made} orphans stay zombies`);
  demandMade(report, count);
  demand(processes === 0, `${processes} processes are left below it`);
  const wakeUps = report.after.voluntarySwitches - report.before.voluntarySwitches;
  demand(wakeUps <= WAKE_UPS, `${report.made} orphans wake it ${wakeUps} times`);
  return `${report.made} orphans, no zombie, ${wakeUps} wake-ups`;
}

/** No verdict about orphans that there were not. */
function demandMade({ made, untraced, errno, timedOut }: StormReport, count: number): void {
  const why = timedOut ? "time ran out" : errnoName(errno);
  if (made < count) throw new NotTried(`only ${made} of ${count} orphans could be made: ${why}`);
  if (untraced > 0)
    throw new NotTried(`${untraced} of ${count} orphans could not be traced: ${why}`);
}

async function whileStopped(trial: Trial, init: ProbeProcess): Promise<string> {
  await demandReady(trial, init);
  await stop(trial, init);
  const seen = await storm(trial, init, "plain", 200);
  init.signal(SIGCONT);
  await demandReady(trial, init);
  init.signal(SIGTERM);
  await demandEnd(trial, init, "SIGCONT and SIGTERM", { stderr: LAST_WORDS.SIGTERM });
  return `${seen} while it is stopped`;
}
