/**
 * `-v`: asked for its version, pause says it and ends; anything else on its command line is ignored.
 *
 * @module
 */

import { demand } from "../check.ts";
import { quote } from "../evidence.ts";
import { demandEnd, demandReady, outputsOf, type Trial, withInit, withSecond } from "../trial.ts";
import { LAST_WORDS, SIGTERM } from "./leaving.ts";
import type { Scenario } from "./scenario.ts";

/** In any position, in any case, whatever stands beside it. */
const ASKING: readonly (readonly string[])[] = [
  ["-v"],
  ["-V"],
  ["x", "-v"],
  ["-vv", "--", "", "-V", "y"],
  [...Array.from({ length: 100 }, (_, number) => `${number}`), "-v"],
];

/** Not quite `-v`. */
const NEAR_MISSES = ["-vv", "--v", "v", "V", "-", "", "--version", "-h", "-w", " -v", "-v "];

/** The version of a program. */
export const VERSION: readonly Scenario[] = [
  {
    check: "-v as PID 1",
    run: (trial) =>
      askAll(trial, (args, answer) =>
        withInit(trial, { args }, (init) => demandEnd(trial, init, nameOf(args), answer)),
      ),
  },
  {
    check: "-v, not PID 1",
    run: (trial) =>
      withInit(trial, {}, async (init) => {
        await demandReady(trial, init);
        return askAll(trial, (args, answer) =>
          withSecond(trial, init, args, (second) => demandEnd(trial, second, nameOf(args), answer)),
        );
      }),
  },
  {
    check: "other arguments",
    run: (trial) =>
      withInit(trial, { args: NEAR_MISSES }, async (init) => {
        await demandReady(trial, init);
        const { stdout, stderr } = outputsOf(init);
        demand(stdout + stderr === "", `it says ${quote(stdout + stderr)}`);
        init.signal(SIGTERM);
        await demandEnd(trial, init, "SIGTERM", { stderr: LAST_WORDS.SIGTERM });
        return `${NEAR_MISSES.length} near misses of -v are ignored`;
      }),
  },
];

async function askAll(
  trial: Trial,
  ask: (args: readonly string[], answer: { stdout: string | RegExp }) => Promise<void>,
): Promise<string> {
  const { stamp } = trial;
  const stdout = stamp === undefined ? /^pause\.c [^\n]+\n$/ : `pause.c ${stamp}\n`;
  for (const args of ASKING) await ask(args, { stdout });
  const told = stamp === undefined ? "a version" : quote(`pause.c ${stamp}\n`);
  return `${told} and exit code 0, ${ASKING.length} times`;
}

function nameOf(args: readonly string[]): string {
  return args.length > 5 ? `${args.length} arguments` : args.map((arg) => arg || '""').join(" ");
}
