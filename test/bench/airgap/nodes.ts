/**
 * Loading a node from what was carried: containerd, Docker and Podman, each with its own way.
 *
 * @module
 */
import { join } from "node:path";
import { environment, findProgram } from "../../runtime/command.ts";
import { CONTAINERD_PROGRAMS, startContainerd } from "../../runtime/containerd.ts";
import { DOCKER_PROGRAMS, startDockerd } from "../../runtime/dockerd.ts";
import { missingOf } from "../../runtime/needs.ts";
import { PODMAN_PROGRAMS, preparePodman } from "../../runtime/podman.ts";
import type { Context } from "../context.ts";
import { type Contender, interleave, type Timing } from "../interleave.ts";
import type { Weighed } from "./bundles.ts";
import { addressOf, clientOf } from "./docker.ts";

/** Times of one way to load. */
export interface Loaded {
  readonly name: string;
  readonly ours: boolean;
  readonly times: readonly Timing[];
}

/** Ways of one runtime, which were measured in the same rounds. */
export interface NodeCase {
  readonly title: string;
  readonly rows: readonly Loaded[];
}

/** A way before it was measured. */
interface Way {
  readonly name: string;
  readonly ours: boolean;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A runtime that runs. */
interface NodeKind {
  readonly title: string;
  readonly programs: readonly string[];
  start(files: Files): Promise<{
    readonly ways: readonly Way[];
    forget(): Promise<void>;
    stop(): Promise<void>;
  }>;
}

/** What there is to be loaded. */
interface Files {
  /** Our command, and what loads there with it. */
  readonly hiatus: readonly string[];
  readonly tar: string | undefined;
  readonly run: string | undefined;
  readonly one: string | undefined;
  /** Of five platforms, and of one as Docker has it. */
  readonly oci: string | undefined;
  readonly docker: string | undefined;
}

/** None for a file that there is not. */
function way(
  name: string,
  ours: boolean,
  file: string | undefined,
  command: (file: string) => readonly string[],
  env: Readonly<Record<string, string>> = {},
): readonly Way[] {
  return file === undefined ? [] : [{ name, ours, command: command(file), env }];
}

const containerd: NodeKind = {
  title: "containerd",
  programs: CONTAINERD_PROGRAMS,
  async start({ hiatus, tar, run, oci }) {
    const daemon = await startContainerd();
    const ctr = ["ctr", "--address", daemon.socket, "--namespace", "test"];
    const load = (file: string) => [...ctr, "images", "import", file];
    return {
      stop: daemon.stop,
      ways: [
        ...way("ctr images import, our .tar", true, tar, load),
        ...way("ctr images import, upstream's oci-archive", false, oci, load),
        ...way("hiatus load, our .tar: names, pins and looks too", true, tar, (file) => [
          ...[...hiatus, "load", file, "--into", "containerd"],
          ...["--address", daemon.socket, "--namespace", "test"],
        ]),
        ...way("sh pause.run --load: names, pins and looks too", true, run, (file) => [
          ...["sh", file, "--load", "containerd"],
          ...["--address", daemon.socket, "--namespace", "test"],
        ]),
      ],
      async forget() {
        for (const [list, remove] of [
          [
            ["images", "ls", "--quiet"],
            ["images", "rm", "--sync"],
          ],
          [
            ["content", "ls", "--quiet"],
            ["content", "rm"],
          ],
        ] as const) {
          const names = (await daemon.ctr(...list)).split("\n").filter(Boolean);
          if (names.length > 0) await daemon.ctr(...remove, ...names);
        }
      },
    };
  },
};

const docker: NodeKind = {
  title: "Docker",
  programs: DOCKER_PROGRAMS,
  async start({ hiatus, tar, run, one, docker: archive }) {
    const daemon = await startDockerd();
    const load = (file: string) => [...clientOf(daemon), "load", "--quiet", "--input", file];
    return {
      stop: daemon.stop,
      ways: [
        ...way("docker load, our .tar of linux/amd64", true, one, load),
        ...way("docker load, our .tar, all eleven of it", true, tar, load),
        ...way("docker load, upstream's of linux/amd64", false, archive, load),
        ...way("hiatus load, our .tar", true, tar, (file) => [
          ...[...hiatus, "load", file, "--into", "docker", "--address", addressOf(daemon)],
        ]),
        ...way("sh pause.run --load", true, run, (file) => [
          ...["sh", file, "--load", "docker", "--address", addressOf(daemon)],
        ]),
      ],
      async forget() {
        const ids = (await daemon.docker("images", "--quiet", "--no-trunc")).split("\n");
        const all = new Set(ids.filter(Boolean));
        if (all.size > 0) await daemon.docker("rmi", "--force", ...all);
      },
    };
  },
};

const podman: NodeKind = {
  title: "Podman",
  programs: PODMAN_PROGRAMS,
  async start({ tar, oci }) {
    const place = await preparePodman();
    const at = (name: string) => join(place.folder, name);
    const env = {
      CONTAINERS_CONF: at("containers.conf"),
      CONTAINERS_STORAGE_CONF: at("storage.conf"),
    };
    const client = [
      findProgram("podman") ?? "podman",
      "--root",
      at("root"),
      "--runroot",
      at("run"),
    ];
    const load = (file: string) => [...client, "load", "--quiet", "--input", file];
    return {
      stop: place.stop,
      ways: [
        ...way("podman load, our .tar", true, tar, load, env),
        ...way("podman load, upstream's oci-archive", false, oci, load, env),
      ],
      forget: async () => void (await place.attempt("rmi", "--all", "--force")),
    };
  },
};

/** Measures each runtime that is there. */
export async function loadNodes(
  context: Context,
  carried: readonly Weighed[],
  seconds: number,
): Promise<readonly NodeCase[]> {
  const has = (ending: string) => carried.find(({ path }) => path.endsWith(ending))?.path;
  const files: Files = {
    hiatus: [process.execPath, join(context.root, "lib", "cli", "main.js")],
    tar: has("/pause.tar"),
    run: has("/pause.run"),
    oci: has("/skopeo-oci.tar"),
    one: has("/amd64.tar"),
    docker: has("/docker.tar"),
  };
  const cases: NodeCase[] = [];
  for (const kind of [containerd, docker, podman]) {
    const missing = missingOf({ programs: kind.programs, root: true });
    if (missing.length > 0) {
      context.say(`${kind.title} is left out: needs ${missing.join(", ")}`);
      continue;
    }
    const node = await kind.start(files);
    try {
      const contenders = node.ways.map(
        ({ name, command, env }): Contender => ({
          ...{ name, command, prepare: node.forget },
          env: { PATH: environment().PATH ?? "", ...env },
        }),
      );
      const timings = await interleave(
        contenders,
        context.rounds,
        (round) => context.say(`${kind.title}: ${round === 0 ? "warming up" : `round ${round}`}`),
        (name, why) => context.say(`${name} is left out: ${why}`),
        { seconds: context.quick ? 0 : seconds },
      );
      const rows = node.ways.flatMap(({ name, ours }) => {
        const times = timings.get(name) ?? [];
        return times.length === 0 ? [] : [{ name, ours, times }];
      });
      cases.push({ title: kind.title, rows });
    } finally {
      await node.stop();
    }
  }
  return cases;
}
