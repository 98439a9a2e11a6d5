/**
 * Bringing what was carried into registries on the far side.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "../../runtime/command.ts";
import type { Context } from "../context.ts";
import { referenceAt, type Target } from "../net/target.ts";
import { atOnce } from "../push/shell.ts";
import type { Tool } from "../push/tools.ts";
import type { Weighed } from "./bundles.ts";

/** Ways to seed, and what makes them forget that they ever did. */
export interface Seeders {
  readonly ours: readonly Tool[];
  readonly peers: readonly Tool[];
  forget(): Promise<void>;
}

/** All ways for what there is. */
export async function seeders(
  context: Context,
  carried: readonly Weighed[],
  tag: string,
): Promise<Seeders> {
  const has = (ending: string) => carried.find(({ path }) => path.endsWith(ending))?.path;
  const state = join(context.scratch, "seed-state");
  const journal = ["--state", state, "--report", join(context.scratch, "seed-report")];
  const hiatus = [process.execPath, join(context.root, "lib", "cli", "main.js")];
  const tar = has("/pause.tar.gz");
  const script = has("/pause.run");
  const at = (targets: readonly Target[]) => targets.map((target) => referenceAt(target, tag));
  const ours: Tool[] = [];
  if (tar !== undefined) {
    ours.push({
      name: "hiatus seed pause.tar.gz",
      ours: true,
      command: (targets) => [
        ...hiatus,
        "seed",
        tar,
        "--quiet",
        "--yes",
        ...journal,
        ...at(targets),
      ],
    });
  }
  if (script !== undefined) {
    ours.push({
      name: "sh pause.run --push",
      ours: true,
      // It knows one registry at a time, as the others do.
      command: (targets) => atOnce(at(targets).map((to) => ["sh", script, "--push", to])),
    });
  }
  return {
    ours,
    peers: await peerSeeders(context, has, tag),
    forget: () => rm(state, { recursive: true, force: true }),
  };
}

async function peerSeeders(
  context: Context,
  has: (ending: string) => string | undefined,
  tag: string,
): Promise<readonly Tool[]> {
  const tools: Tool[] = [];
  const add = (name: string, command: (reference: string) => readonly string[]) =>
    tools.push({
      name,
      ours: false,
      command([target, ...others]) {
        if (target === undefined || others.length > 0) throw new Error(`${name} pushes to one`);
        return command(referenceAt(target, tag));
      },
    });
  const skopeo = [findProgram("skopeo") ?? "skopeo", "--insecure-policy", "copy", "--quiet"];
  const plain = [...skopeo, "--all", "--dest-tls-verify=false"];
  const [archive, dir, layout] = [has("/skopeo-oci.tar"), has("/skopeo-dir"), has("/crane-oci")];
  if (archive !== undefined) {
    const from = `oci-archive:${archive}:${tag}`;
    add("skopeo copy --all from oci-archive", (to) => [...plain, from, `docker://${to}`]);
  }
  if (dir !== undefined) {
    add("skopeo copy --all from dir", (to) => [...plain, `dir:${dir}`, `docker://${to}`]);
  }
  if (layout !== undefined) {
    const crane = await context.peer("crane");
    if ("program" in crane) {
      add("crane push, of a folder", (to) => [crane.program, "push", "--insecure", layout, to]);
    }
  }
  return tools;
}
