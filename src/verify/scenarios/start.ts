/**
 * The first row: does it run at all, and by whom.
 *
 * @module
 */
import { basename } from "node:path";
import { duration } from "../evidence.ts";
import { demandReady, withInit } from "../trial.ts";
import type { Scenario } from "./scenario.ts";

/** It starts and waits for its signals. */
export const START: readonly Scenario[] = [
  {
    check: "start",
    run: (trial) =>
      withInit(trial, {}, async (init) => {
        await demandReady(trial, init);
        const { executed, ready } = init.times;
        const { emulator } = trial;
        if (emulator === undefined) {
          return `by this CPU, ready after ${duration(executed, ready ?? executed)}`;
        }
        return `by ${basename(emulator.path)}${emulator.cpu ? ` as ${emulator.cpu}` : ""}`;
      }),
  },
];
