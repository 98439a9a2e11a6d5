/**
 * What every interop test is given: programs of peers, images, certificates. Made once, before any test.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { makeFolder, removeFolder } from "../runtime/folder.ts";
import { importScript, type Runtimes } from "../scripts.ts";
import { type Authority, makeAuthority } from "./authority.ts";
import { type Fixtures, makeFixtures } from "./fixtures.ts";
import { ensurePeer, type PeerName, type Provided } from "./peers.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A folder for everything, which is removed in the end. */
    readonly scratch: string;
    readonly fixtures: Fixtures;
    readonly authority: Authority;
    readonly programs: Readonly<
      Record<"crane" | "regctl" | "oras" | "distribution" | "zot" | "deno", Provided>
    > &
      /** Where there is no network only. */
      Readonly<Record<"containerd" | "crio" | "cri-dockerd" | "crictl", Provided>>;
  }
}

const NAMES = ["crane", "regctl", "oras", "distribution", "zot"] as const satisfies PeerName[];

/** Called by vitest. What is compiled is what `npm run test:interop` compiled. Gives back what undoes it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const programs = new Map<string, Provided>();
  for (const name of NAMES) programs.set(name, await ensurePeer(name));
  programs.set("deno", await denoProgram());
  return (await provideInterop(project, Object.fromEntries(programs))).remove;
}

/** Gives tests what they are promised above. `remove` undoes it. */
export async function provideInterop(
  { provide }: TestProject,
  programs: Readonly<Record<string, Provided>>,
) {
  const scratch = await makeFolder();
  try {
    const images = join(scratch, "images");
    await mkdir(images);
    const fixtures = await makeFixtures(images);
    provide("scratch", scratch);
    provide("fixtures", fixtures);
    provide("authority", await makeAuthority(join(scratch, "authority")));
    provide("programs", programs as never);
    return { scratch, fixtures, remove: () => removeFolder(scratch) };
  } catch (error) {
    await removeFolder(scratch);
    throw error;
  }
}

async function denoProgram(): Promise<Provided> {
  const { ensureRuntime, whyNoRuntimes } = await importScript<Runtimes>("runtimes");
  const program = await ensureRuntime("deno");
  return program === undefined ? { missing: whyNoRuntimes() ?? "no Deno" } : { program };
}
