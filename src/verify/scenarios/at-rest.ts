/**
 * At rest: how little pause is while it waits. proc(5) tells.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { demand, NotTried } from "../check.ts";
import { quote } from "../evidence.ts";
import { demandReady, type Trial, withInit } from "../trial.ts";
import type { Scenario } from "./scenario.ts";

const notEmulated = "/proc would show the emulator and not the program";

/** All about rest. */
export const AT_REST: readonly Scenario[] = [
  {
    check: "one thread, no child",
    notEmulated,
    run: (trial) =>
      atRest(trial, async (pid, family) => {
        const threads = readdirSync(`/proc/${pid}/task`).length;
        demand(threads === 1, `it has ${threads} threads`);
        demand(family === 0, `${family} processes are below it`);
        return "one thread, no child";
      }),
  },
  {
    check: "descriptors",
    notEmulated,
    run: (trial) =>
      atRest(trial, async (pid) => {
        const open = readdirSync(`/proc/${pid}/fd`).filter((fd) => !["0", "1", "2"].includes(fd));
        demand(open.length === 0, `it holds ${open.join(", ")} open`);
        return "0, 1 and 2";
      }),
  },
  {
    check: "memory map",
    notEmulated,
    run: (trial) =>
      atRest(trial, async (pid) => {
        const maps = readFileSync(`/proc/${pid}/maps`, "latin1").trimEnd().split("\n");
        for (const line of maps) {
          const [, mode = "", , , , name = ""] = line.split(/\s+/);
          demand(!/w.*x/.test(mode), `${quote(line)} can be written and executed`);
          demand(!mode.includes("w") || name === "[stack]", `${quote(line)} can be written`);
        }
        return `${maps.length} mappings, none but the stack can be written`;
      }),
  },
];

async function atRest(
  trial: Trial,
  look: (pid: number, family: number) => Promise<string>,
): Promise<string> {
  return withInit(trial, {}, async (init) => {
    await demandReady(trial, init);
    const { processes } = await init.family();
    try {
      return await look(init.pid, processes);
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      throw new NotTried(`/proc does not tell: ${code} in ${syscall}`);
    }
  });
}
