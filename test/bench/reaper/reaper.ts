/**
 * The reaper bench: our PID 1 beside the ones people have.
 *
 * @module
 */
import type { Context } from "../context.ts";
import { machine, versions } from "../machine.ts";
import { amountsOf, measure } from "./measure.ts";
import { compileHelper, findPrograms, PACKAGES } from "./programs.ts";
import { reportReaper } from "./report.ts";

/** Measures, then writes `docs/benchmarks.md` and its plot. Needs root: it makes PID namespaces. */
export async function benchReaper(context: Context): Promise<void> {
  if (process.getuid?.() !== 0) {
    context.say(
      "The reaper bench is left out: it makes PID namespaces and cgroups, run it as root",
    );
    return;
  }
  const where = await machine();
  const reason = await context.need(PACKAGES);
  if (reason !== undefined) context.say(`Some programs may be left out: ${reason}`);
  const helper = await compileHelper(context);
  const programs = await findPrograms(context);
  const amounts = amountsOf(context.rounds);
  const facts = await measure(context, helper, programs, amounts);
  const query = (name: string) => ({ name, command: ["dpkg-query", "-W", name] });
  await reportReaper(context, {
    machine: where,
    versions: await versions([
      { name: "gcc", command: ["gcc", "-dumpfullversion"] },
      { name: "glibc", command: ["ldd", "--version"] },
      ...["musl", "catatonit", "tini", "dumb-init"].map(query),
    ]),
    amounts,
    facts,
  });
}
