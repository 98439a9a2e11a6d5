/**
 * Kernels and, where the installed one is too old, emulators: taken out of Debian's packages once and kept in `.cache/kernels`.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../runtime/command.ts";
import { type Apt, type AptSource, debianCodename, openApt } from "./apt.ts";
import type { Machine } from "./machines.ts";
import { findEmulator } from "./qemu.ts";
import { unpackZboot } from "./zboot.ts";

/** All that booting a machine takes. */
export interface Kernel {
  readonly image: string;
  readonly deviceTree?: string | undefined;
  /** Of Debian's package. */
  readonly version: string;
  /** Absolute path of the emulator. */
  readonly emulator: string;
}

/**
 * Gets the kernels that are not there yet.
 *
 * @param cache - The folder that keeps them.
 * @param refresh - Look for newer ones.
 * @returns For every machine its kernel, or why there is none.
 */
export async function fetchKernels(
  machines: readonly Machine[],
  cache: string,
  refresh: boolean,
  say: (line: string) => void,
): Promise<ReadonlyMap<Machine, Kernel | string>> {
  if (refresh) {
    await Promise.all(
      machines.map(({ name }) => rm(join(cache, name), { recursive: true, force: true })),
    );
  }
  const host = (await run(["dpkg", "--print-architecture"]).catch(() => "")).trim();
  const backports = { release: `${await debianCodename()}-backports`, architecture: host };
  const wanted = machines.flatMap((machine): AptSource[] => [
    ...(existsSync(join(cache, machine.name)) ? [] : [kernelSource(machine)]),
    ...(findEmulator(machine, cache) === undefined && machine.since !== undefined
      ? [backports]
      : []),
  ]);
  await mkdir(cache, { recursive: true });
  const root = join(cache, "apt");
  let apt: Apt | string = "";
  try {
    if (wanted.length > 0) {
      say(`fetching Debian's package lists for ${wanted.length} kernels and emulators`);
      apt = await openApt(root, wanted).catch(reasonOf);
    }
    const kernels = new Map<Machine, Kernel | string>();
    for (const machine of machines) {
      kernels.set(machine, await kernelOf(machine, cache, apt, backports, say).catch(reasonOf));
    }
    return kernels;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function kernelOf(
  machine: Machine,
  cache: string,
  apt: Apt | string,
  backports: AptSource,
  say: (line: string) => void,
): Promise<Kernel> {
  const folder = join(cache, machine.name);
  const missing = () => {
    if (typeof apt === "string") throw new Error(apt);
    return apt;
  };
  if (!existsSync(folder)) {
    say(`fetching ${machine.kernel.package} for ${machine.name}`);
    await fetchKernel(machine, folder, missing());
  }
  if (findEmulator(machine, cache) === undefined && machine.since !== undefined) {
    say(`fetching ${machine.emulator[0]} ${machine.since} or later`);
    await fetchEmulator(machine, cache, missing(), backports);
  }
  const emulator = findEmulator(machine, cache);
  if (emulator === undefined) throw new Error(`${machine.emulator[0]} is not installed`);
  const deviceTree = join(folder, "device-tree");
  return {
    image: join(folder, "image"),
    deviceTree: existsSync(deviceTree) ? deviceTree : undefined,
    version: (await readFile(join(folder, "version"), "utf8")).trim(),
    emulator,
  };
}

async function fetchKernel(machine: Machine, folder: string, apt: Apt): Promise<void> {
  const source = kernelSource(machine);
  const { image, deviceTree } = machine.kernel;
  const aside = `${folder}.new`;
  await rm(aside, { recursive: true, force: true });
  const { name, version } = await apt.findKernel(source, machine.kernel.package);
  const archive = await apt.download(source, name, join(aside, "package"));
  await extract(archive, [image], join(aside, "image-of"));
  await rename(await onlyFile(join(aside, "image-of")), join(aside, "image"));
  await unpackZboot(join(aside, "image"));
  if (deviceTree !== undefined) {
    await extract(archive, [deviceTree], join(aside, "tree-of"));
    await rename(await onlyFile(join(aside, "tree-of")), join(aside, "device-tree"));
  }
  await writeFile(join(aside, "version"), `${version}\n`);
  for (const part of ["package", "image-of", "tree-of"]) {
    await rm(join(aside, part), { recursive: true, force: true });
  }
  await rename(aside, folder);
}

async function fetchEmulator(
  machine: Machine,
  cache: string,
  apt: Apt,
  source: AptSource,
): Promise<void> {
  const folder = join(cache, "emulators");
  const aside = join(cache, "emulators.new");
  await rm(aside, { recursive: true, force: true });
  const archive = await apt.download(source, "qemu-system-misc", join(aside, "package"));
  const [program] = machine.emulator;
  await extract(archive, [`./usr/bin/${program}`], aside);
  await mkdir(folder, { recursive: true });
  await rename(join(aside, "usr/bin", program), join(folder, program));
  await rm(aside, { recursive: true, force: true });
}

/** Only what is asked for: the modules of a kernel would be some hundred megabytes. */
async function extract(
  archive: string,
  patterns: readonly string[],
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const script =
    'set -o pipefail; archive=$1; folder=$2; shift 2; dpkg-deb --fsys-tarfile "$archive" ' +
    '| tar --extract --directory "$folder" --wildcards "$@"';
  await run(["bash", "-c", script, "extract", archive, folder, ...patterns], { timeout: 300_000 });
}

async function onlyFile(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const [file, ...others] = entries.filter((entry) => entry.isFile());
  if (file === undefined || others.length > 0) {
    throw new Error(`${entries.length} files match where one should`);
  }
  return join(file.parentPath, file.name);
}

function kernelSource({ name, kernel }: Machine): AptSource {
  return { release: kernel.release, architecture: name };
}

/** In one line: of what programs say at length, the errors. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const errors = lines.filter((line) => line.startsWith("E:"));
  return [lines[0] ?? "", ...errors].join("; ").slice(0, 300);
}
