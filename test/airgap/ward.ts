/**
 * `hiatus node-config` and `hiatus doctor` on a node whose root is a folder, and the hands that do what the doctor says.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { NodeFinding } from "../../src/runtime/doctor/model.ts";
import { hiatusCommand } from "../interop/registries/hiatus.ts";
import { attempt, run } from "../runtime/command.ts";

/** A node of any kind. */
export interface Ward {
  /** Its root. */
  readonly folder: string;
  /** By which its programs and runtimes are found. */
  readonly env: Readonly<Record<string, string>>;
  /** What `systemctl` would do to the runtime. */
  restart(): Promise<void>;
}

/** What the doctor says. */
export interface Verdict {
  readonly code: number;
  readonly verdict: string;
  /** Looks that were not good, as `component, check`. */
  readonly wrong: readonly string[];
  readonly findings: readonly NodeFinding[];
}

/** Writes a file of a node. */
export async function writeBelow(folder: string, path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** Has the command write a node's configuration where the node has it. */
export async function configure({ folder }: Pick<Ward, "folder">, ...args: readonly string[]) {
  await run([...hiatusCommand(), "node-config", ...args, "--out", folder]);
}

/** Asks the doctor. */
export async function doctor(ward: Ward, ...more: readonly string[]): Promise<Verdict> {
  const { folder, env } = ward;
  const command = [...hiatusCommand(), "doctor", "--root", folder, "--json", ...more];
  const { code, stdout, stderr } = await attempt(command, { env });
  const [line = ""] = stdout.split("\n");
  if (line === "") throw new Error(stderr);
  const { verdict, findings } = JSON.parse(line) as Pick<Verdict, "verdict" | "findings">;
  const wrong = findings.filter(({ status }) => status !== "ok");
  return {
    ...{ code, verdict, findings },
    wrong: wrong.map(({ component, check }) => `${component}, ${check}`),
  };
}

/** Does what the doctor said, in order. @param bundle - The file to write for `BUNDLE`. */
export async function mend(ward: Ward, { findings }: Verdict, bundle: string): Promise<void> {
  for (const command of new Set(findings.flatMap((one) => one.mend ?? []))) {
    if (/^(?:systemctl [\w-]+(?: [\w-]+)?(?: && )?)+$/.test(command)) await ward.restart();
    else {
      const [program = "", ...args] = command.replace("BUNDLE", bundle).split(" ");
      const found = program === "hiatus" ? hiatusCommand() : [program];
      await run([...found, ...args], { env: ward.env });
    }
  }
}
