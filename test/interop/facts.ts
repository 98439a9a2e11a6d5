/**
 * What a run was made on and with, for the page.
 *
 * @module
 */
import { firstLine, machine } from "../bench/machine.ts";
import { crane } from "./clients/crane.ts";
import { oras } from "./clients/oras.ts";
import { regctl } from "./clients/regctl.ts";
import { skopeo } from "./clients/skopeo.ts";
import { containerd } from "./engines/containerd.ts";
import { dockerd } from "./engines/dockerd.ts";
import { podman } from "./engines/podman.ts";
import { ensurePeer, type Provided } from "./peers.ts";
import { distribution2, distribution3 } from "./registries/distribution.ts";
import { zot } from "./registries/zot.ts";

/** Something with a name and a version. */
interface Versioned {
  readonly name: string;
  version(): Promise<string>;
}

/** Versions are known before there is a program. */
const UNBUILT: Provided = { missing: "not built" };

/**
 * One line about the machine, and one with the versions of everybody.
 *
 * @param zotPeer - zot, where it is known already whether there is one.
 */
export async function interopFacts(zotPeer?: Provided): Promise<string> {
  const tried = "program" in (zotPeer ?? (await ensurePeer("zot")));
  const registries = [distribution2, distribution3(UNBUILT), ...(tried ? [zot(UNBUILT)] : [])];
  const tools = [skopeo, crane(UNBUILT), regctl(UNBUILT), oras(UNBUILT)];
  const engines = [podman, dockerd, containerd];
  return [
    `Last run: ${await machine()}.`,
    `Ours: ${await runtimes()}.`,
    `Registries: ${await versions(registries)}.`,
    `Clients: ${await versions([...tools, ...engines])}.`,
  ].join("\n");
}

/** One line about the machine, and the runtimes. */
export async function conformanceFacts(): Promise<string> {
  return [`Last run: ${await machine()}.`, `Ours: ${await runtimes()}.`].join("\n");
}

async function runtimes(): Promise<string> {
  const { importScript } = await import("../scripts.ts");
  const { ensureRuntime } = await importScript<{
    ensureRuntime(name: string): Promise<string | undefined>;
  }>("runtimes");
  const deno = await ensureRuntime("deno");
  const said = deno === undefined ? undefined : await firstLine(deno, "--version");
  const version = /[0-9]+\.[0-9.]+/.exec(said ?? "")?.[0];
  return [`Node ${process.versions.node}`, ...(version ? [`Deno ${version}`] : [])].join(", ");
}

async function versions(all: readonly Versioned[]): Promise<string> {
  const found = await Promise.all(
    all.map(async ({ name, version }) => {
      // The name of a line of versions says enough with the version behind it.
      const plain = name.replace(/ [0-9.]+$/, "");
      return `${plain} ${await version().catch(() => "(not installed)")}`;
    }),
  );
  return found.join(", ");
}
