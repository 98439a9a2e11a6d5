/**
 * How an image comes to all mirrors: a release, a push, or a shell loop of what there is.
 *
 * @module
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Runtime } from "../build/runtimes.ts";
import type { Context } from "../context.ts";
import type { Authority } from "../net/authority.ts";
import type { Image } from "../net/image.ts";
import type { Target } from "../net/target.ts";
import type { Way } from "../push/measure.ts";
import { inTurn, someAtOnce } from "../push/shell.ts";
import type { Tool } from "../push/tools.ts";

/** A release, and the folder of its journals. */
export interface Release {
  readonly command: readonly string[];
  /** Forgets that there were releases. */
  forget(): Promise<void>;
}

/** Prepares a release to mirrors: writes their file. @param name - Of its folder, unlike others'. */
export async function prepareRelease(
  { scratch }: Context,
  name: string,
  { hiatus }: Pick<Runtime, "hiatus">,
  image: Image,
  targets: readonly Target[],
  authority?: Authority,
): Promise<Release> {
  const folder = join(scratch, name);
  const [mirrors, state, report] = ["mirrors.yaml", "state", "report"].map((part) =>
    join(folder, part),
  ) as [string, string, string];
  await mkdir(folder, { recursive: true });
  const file = {
    version: 1,
    defaults: {
      tags: ["{version}"],
      credentials: { anonymous: true },
      ...(authority === undefined ? {} : { tls: { ca: authority.certificate } }),
    },
    // With the repository that everybody pushes to.
    mirrors: targets.map(({ host }, at) => ({
      name: `mirror-${at}`,
      repository: `${host}/bench/{image}`,
    })),
  };
  await writeFile(mirrors, JSON.stringify(file));
  return {
    command: [
      ...[...hiatus, "release", "pause", "--quiet", "--yes", "--version", image.tag],
      ...["--from", `oci:${image.layout}:${image.tag}`, "--mirrors", mirrors],
      ...["--state", state, "--report", report],
    ],
    forget: () => rm(state, { recursive: true, force: true }),
  };
}

/** Most programs at once where a shell loop starts several. */
const AT_ONCE = 10;

/** The others: one program for each mirror. */
export function loopsOf(tools: readonly Tool[], targets: readonly Target[]): readonly Way[] {
  return tools.flatMap((tool) => {
    const { name, ours } = tool;
    const each = targets.map((target) => tool.command([target]));
    const [only] = each;
    if (each.length === 1 && only !== undefined) return { name, ours, command: only };
    const turns = { name: `${name}, in turn`, ours, command: inTurn(each) };
    const some = { name: `${name}, ${AT_ONCE} at once`, ours, command: someAtOnce(each, AT_ONCE) };
    // A hundred of the slow ones would be most of the bench.
    return each.length > AT_ONCE && name.startsWith("skopeo") ? [turns] : [turns, some];
  });
}
