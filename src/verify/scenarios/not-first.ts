/**
 * Not PID 1: pause warns and does its work all the same.
 *
 * @module
 */
import { demand } from "../check.ts";
import { quote } from "../evidence.ts";
import { demandEnd, demandReady, outputsOf, withInit, withSecond } from "../trial.ts";
import { LAST_WORDS, SIGTERM, WARNING } from "./leaving.ts";
import type { Scenario } from "./scenario.ts";

/** The warning, and its absence. */
export const NOT_FIRST: readonly Scenario[] = [
  {
    check: "warning, not PID 1",
    run: (trial) =>
      withInit(trial, {}, async (init) => {
        await demandReady(trial, init);
        const found = outputsOf(init);
        demand(
          found.stdout + found.stderr === "",
          `as PID 1 it says ${quote(found.stdout + found.stderr)}`,
        );
        await withSecond(trial, init, [], async (second) => {
          await demandReady(trial, second);
          const { stderr } = outputsOf(second);
          demand(
            stderr === WARNING,
            `standard error is ${quote(stderr)} and not ${quote(WARNING)}`,
          );
          second.signal(SIGTERM);
          await demandEnd(trial, second, "SIGTERM", { stderr: WARNING + LAST_WORDS.SIGTERM });
        });
        return "it warns and goes on until SIGTERM; as PID 1 it says nothing";
      }),
  },
];
