/**
 * Making one file, or one folder, of an image in a registry: bytes and time.
 *
 * @module
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "../../runtime/command.ts";
import type { Context } from "../context.ts";
import { type Contender, interleave, type Timing } from "../interleave.ts";

/** Something that crosses the gap. */
export interface Carried {
  readonly name: string;
  readonly ours: boolean;
  readonly platforms: number;
  /** File or folder. */
  readonly path: string;
  readonly command: readonly string[];
}

/** What was measured of it. */
export interface Weighed extends Carried {
  readonly bytes: number;
  readonly times: readonly Timing[];
}

const FORMS = [".tar", ".tar.gz", ".tar.zst", ".run"] as const;

/** Where everything that is carried lies. */
export interface Place {
  readonly folder: string;
  /** References of both images in the registry on the near side. */
  readonly ours: string;
  readonly upstream: string | undefined;
  readonly tag: string;
}

/** Ours in each form, of all platforms and of upstream's five. */
export function ourBundles({ root }: Context, { folder, ours }: Place, all: number, five: string) {
  const hiatus = [process.execPath, join(root, "lib", "cli", "main.js")];
  const bundle = (name: string, platforms: number, ...flags: readonly string[]): Carried => {
    const path = join(folder, name);
    const named = ["--name", "registry.k8s.io/pause", "--out", path, ...flags];
    const command = [...hiatus, "bundle", ours, "--quiet", ...named];
    return { name: `hiatus bundle ${name}`, ours: true, platforms, path, command };
  };
  return [
    ...FORMS.map((form) => bundle(`pause${form}`, all)),
    bundle("five.tar", five.split(",").length, "--platform", five),
    bundle("five.run", five.split(",").length, "--platform", five),
    bundle("amd64.tar", 1, "--platform", "linux/amd64"),
  ];
}

/**
 * What others make of upstream's, those of them that can be had.
 *
 * @param docker - `docker save` of it, where there is a daemon that has it.
 */
export async function peerBundles(
  context: Context,
  { folder, upstream, tag }: Place,
  platforms: number,
  docker: readonly string[] | undefined,
): Promise<readonly Carried[]> {
  if (upstream === undefined) return [];
  const skopeo = [findProgram("skopeo") ?? "skopeo", "--insecure-policy", "copy", "--quiet"];
  const from = ["--src-tls-verify=false", `docker://${upstream}`];
  const at = (name: string) => join(folder, name);
  const peer = (name: string, path: string, command: readonly string[], of = platforms) => ({
    ...{ name, ours: false, platforms: of, path: at(path) },
    command,
  });
  const oci = `oci-archive:${at("skopeo-oci.tar")}:${tag}`;
  const all = [
    peer("skopeo copy --all to oci-archive", "skopeo-oci.tar", [...skopeo, "--all", ...from, oci]),
    peer("skopeo copy --all to dir", "skopeo-dir", [
      ...[...skopeo, "--all", ...from, `dir:${at("skopeo-dir")}`],
    ]),
    ...(docker === undefined
      ? []
      : [peer("docker save", "docker.tar", [...docker, "--output", at("docker.tar")], 1)]),
  ];
  const crane = await context.peer("crane");
  if ("missing" in crane) context.say(`crane is left out: ${crane.missing}`);
  else {
    const pull = [crane.program, "pull", "--insecure"];
    all.push(
      peer("crane pull --format=oci", "crane-oci", [
        ...[...pull, "--format=oci", upstream, at("crane-oci")],
      ]),
      peer(
        "crane pull --platform linux/amd64",
        "crane.tar",
        [...pull, "--platform", "linux/amd64", upstream, at("crane.tar")],
        1,
      ),
    );
  }
  return all;
}

/** Makes each in turn, each time anew, and weighs what the last time gave. */
export async function weigh(
  context: Context,
  carried: readonly Carried[],
  seconds: number,
): Promise<readonly Weighed[]> {
  const contenders = carried.map(
    ({ name, path, command }): Contender => ({
      name,
      prepare: () => rm(path, { recursive: true, force: true }),
      command,
    }),
  );
  const timings = await interleave(
    contenders,
    context.rounds,
    (round) => context.say(`Bundles: ${round === 0 ? "warming up" : `round ${round}`}`),
    (name, why) => context.say(`${name} is left out: ${why}`),
    { seconds: context.quick ? 0 : seconds },
  );
  const weighed: Weighed[] = [];
  for (const one of carried) {
    const times = timings.get(one.name) ?? [];
    if (times.length > 0) weighed.push({ ...one, times, bytes: await bytesOf(one.path) });
  }
  return weighed;
}

/** Bytes of a file, or of all files below a folder. */
async function bytesOf(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  const sizes = await Promise.all((await readdir(path)).map((name) => bytesOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
