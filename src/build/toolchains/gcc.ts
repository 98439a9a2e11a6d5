/**
 * The host's gcc: one cross compiler per platform, with GNU ld and the host's kernel headers.
 *
 * @see https://gcc.gnu.org/onlinedocs/gcc/
 * @module
 */
import { isAbsolute } from "node:path";
import type { Host } from "../host.ts";
import { isNative, kernelHeaders } from "../kernel-headers.ts";
import type { PlatformRow } from "../platform-row.ts";
import type { Compiler, Toolchain } from "../toolchain.ts";
import { Missing } from "./missing.ts";

/** The toolchain: `<triplet>-gcc`, or for the CPU that this runs on, plain `gcc`. */
export function gcc(): Toolchain {
  return {
    name: "gcc",
    async compilers(rows, host) {
      const missing = new Missing("gcc");
      const compilers = await Promise.all(
        rows.map(async (row) => [row, await findGcc(row, host, missing)] as const),
      );
      missing.check();
      return new Map(
        compilers.flatMap(([row, found]) => (found === undefined ? [] : [[row, found]])),
      );
    },
  };
}

async function findGcc(
  row: PlatformRow,
  host: Host,
  missing: Missing,
): Promise<Compiler | undefined> {
  const { triplet, flags, since } = row.gcc;
  const native = isNative(triplet);
  const names = native ? [`${triplet}-gcc`, "gcc"] : [`${triplet}-gcc`];
  const name = names.find((candidate) => host.find(candidate) !== undefined);
  const program = name === undefined ? undefined : host.find(name);
  const headers = kernelHeaders(row, host);
  if (headers === undefined) {
    missing.add(`there are no kernel headers for ${row.name}`, row.headers.package);
  }
  if (name === undefined || program === undefined) {
    const note = since === undefined ? "" : ` (Debian has it from release ${since} on)`;
    missing.add(`there is no "${triplet}-gcc" on PATH${note}`, native ? "gcc" : row.gcc.package);
    return undefined;
  }
  if (headers === undefined) return undefined;

  const [version, release, ...tools] = await Promise.all([
    host.ask(program, "--version"),
    host.ask(program, "-dumpversion"),
    host.ask(program, "-print-prog-name=cc1"),
    host.ask(program, "-print-prog-name=as"),
    host.ask(program, "-print-prog-name=ld"),
  ]);
  const found = tools.map((tool) => (isAbsolute(tool) ? tool : host.find(tool)));
  // gcc knows -Oz from version 12 on.
  const optimise = [Number.parseInt(release, 10) >= 12 ? "-Oz" : "-Os"];
  return {
    toolchain: "gcc",
    version: version.split("\n", 1)[0] ?? "",
    programs: [program, ...found.filter((tool) => tool !== undefined)],
    command: [program],
    flags,
    optimise,
    includes: headers.includes,
    environment: () => ({}),
    recorded: { command: [name], flags, optimise, includes: headers.recorded },
  };
}
