/**
 * runc for runtimes that ask for a better OOM score for a pod's first process than the tests have: to lower it takes a right
 * that they may lack. Nothing else of a container is changed.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "./command.ts";

/** Writes the program. Returns its path. @param folder - It exists. */
export async function writeModestRuntime(folder: string): Promise<string> {
  const program = join(folder, "modest-runc");
  const script = `#!/bin/sh
bundle=
previous=
for word; do
  case $previous in --bundle | -b) bundle=$word ;; esac
  previous=$word
done
if [ -n "$bundle" ] && [ -f "$bundle/config.json" ]; then
  sed -i 's/"oomScoreAdj": *-[0-9]*/"oomScoreAdj":0/' "$bundle/config.json"
fi
exec ${findProgram("runc") ?? "runc"} "$@"
`;
  await writeFile(program, script, { mode: 0o755 });
  return program;
}
