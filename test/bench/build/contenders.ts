/**
 * Who builds: hiatus in each runtime, and the upstream way.
 *
 * @module
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../context.ts";
import type { Contender } from "../interleave.ts";
import type { Runtime } from "./runtimes.ts";

/** The platforms that upstream builds for Linux. */
export const PEER_PLATFORMS = [
  "linux/amd64",
  "linux/arm/v7",
  "linux/arm64",
  "linux/ppc64le",
  "linux/s390x",
];

/** Debian packages of the upstream way. */
export const PEER_PACKAGES = [
  "buildah",
  "gcc",
  "libc6-dev",
  "gcc-arm-linux-gnueabihf",
  "libc6-dev-armhf-cross",
  "gcc-aarch64-linux-gnu",
  "libc6-dev-arm64-cross",
  "gcc-powerpc64le-linux-gnu",
  "libc6-dev-ppc64el-cross",
  "gcc-s390x-linux-gnu",
  "libc6-dev-s390x-cross",
];

/** Names of the rows, for looking up their timings. */
export const ROW = {
  cold: (runtime: string) => `hiatus, all platforms, cold, ${runtime}`,
  warm: (runtime: string) => `hiatus, all platforms, warm, ${runtime}`,
  five: "hiatus, upstream's five platforms, cold",
  floor: (runtime: string) => `${runtime} that does nothing`,
  peerCold: "upstream way, five platforms, from nothing",
  peerWarm: "upstream way, five platforms, again",
} as const;

/** `hiatus build` in one runtime, cold and warm, and the floor that the runtime itself sets. */
export function hiatusContenders(context: Context, runtime: Runtime): readonly Contender[] {
  const folder = join(context.scratch, `hiatus-${runtime.id}`);
  const build = (state: string, ...options: string[]) => ({
    command: [...runtime.hiatus, "build", "--quiet", "--out", join(folder, state), ...options],
    cwd: context.root,
    env: { HIATUS_CACHE_DIR: join(folder, `${state}-cache`) },
  });
  const cold = (state: string) => () =>
    rm(join(folder, `${state}-cache`), { recursive: true, force: true });
  const five: Contender[] =
    runtime.id === "node"
      ? [
          {
            name: ROW.five,
            prepare: cold("five"),
            ...build("five", "--platform", PEER_PLATFORMS.join(",")),
          },
        ]
      : [];
  return [
    { name: ROW.cold(runtime.name), prepare: cold("cold"), ...build("cold") },
    { name: ROW.warm(runtime.name), ...build("warm") },
    ...five,
    { name: ROW.floor(runtime.name), command: runtime.nothing },
  ];
}

/** The upstream way, from nothing and with what it keeps from an earlier run. */
export function peerContenders(context: Context): readonly Contender[] {
  const script = join(context.root, "test/bench/peers/upstream-images.sh");
  const [cold, warm] = [join(context.scratch, "peer-cold"), join(context.scratch, "peer-warm")];
  return [
    {
      name: ROW.peerCold,
      async prepare() {
        await rm(cold, { recursive: true, force: true });
        await mkdir(cold);
      },
      command: [script, cold],
    },
    { name: ROW.peerWarm, command: [script, warm, "again"] },
  ];
}

/** Where the last run of a row left its output. */
export function outputs(context: Context) {
  return {
    hiatus: join(context.scratch, "hiatus-node", "cold", "pause"),
    peer: join(context.scratch, "peer-cold"),
  };
}
