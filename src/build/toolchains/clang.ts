/**
 * The host's clang with lld: one compiler for every CPU that its build includes, with the host's kernel headers.
 *
 * @see https://clang.llvm.org/docs/CrossCompilation.html
 * @module
 */
import { isAbsolute } from "node:path";
import type { Host } from "../host.ts";
import { type KernelHeaders, kernelHeaders } from "../kernel-headers.ts";
import type { PlatformRow } from "../platform-row.ts";
import type { Compiler, Toolchain } from "../toolchain.ts";
import { Missing } from "./missing.ts";

/** The toolchain. The newest `clang-NN` on PATH is taken, else `clang`. */
export function clang(): Toolchain {
  return {
    name: "clang",
    async compilers(rows, host) {
      const missing = new Missing("clang");
      const found = await findClang(host, missing);
      const compilers = new Map<PlatformRow, Compiler>();
      for (const row of rows) {
        const headers = kernelHeaders(row, host);
        if (headers === undefined) {
          missing.add(`there are no kernel headers for ${row.name}`, row.headers.package);
        }
        if (found === undefined) continue;
        if (!(await canDo(row, found, host))) {
          missing.add(`"${found.name}" with its lld cannot compile for ${row.name}`);
        } else if (headers !== undefined) {
          compilers.set(row, compilerOf(row, found, headers));
        }
      }
      missing.check();
      return compilers;
    },
  };
}

function compilerOf(row: PlatformRow, found: Clang, headers: KernelHeaders): Compiler {
  const flags = [`--target=${row.clang.target}`, "-fuse-ld=lld", ...row.clang.flags];
  const optimise = ["-Oz"];
  return {
    toolchain: "clang",
    version: found.version,
    programs: found.programs,
    command: [found.program],
    flags,
    optimise,
    includes: headers.includes,
    environment: () => ({}),
    recorded: { command: [found.name], flags, optimise, includes: headers.recorded },
  };
}

/** Was this clang built for the CPU, and if older linkers were not: was this one? */
async function canDo({ clang }: PlatformRow, found: Clang, host: Host): Promise<boolean> {
  if (!found.backends.has(clang.backend)) return false;
  if (clang.linker === undefined) return true;
  return host.accepts(found.linker, "-m", clang.linker, "--version");
}

interface Clang {
  readonly name: string;
  readonly program: string;
  readonly version: string;
  readonly programs: readonly string[];
  readonly linker: string;
  /** CPUs that it was built for. */
  readonly backends: ReadonlySet<string>;
}

async function findClang(host: Host, missing: Missing): Promise<Clang | undefined> {
  const numbered = host.list(/^clang-[0-9]+$/).toSorted((a, b) => numberOf(b) - numberOf(a));
  const name = [...numbered, "clang"].find((candidate) => host.find(candidate) !== undefined);
  const program = name === undefined ? undefined : host.find(name);
  if (name === undefined || program === undefined) {
    missing.add('there is no "clang" on PATH', "clang", "lld");
    return undefined;
  }
  const [version, targets, self, lld] = await Promise.all([
    host.ask(program, "--version"),
    host.ask(program, "--print-targets"),
    host.ask(program, "-print-prog-name=clang"),
    host.ask(program, "-print-prog-name=ld.lld"),
  ]);
  const linker = isAbsolute(lld) ? lld : host.find(lld);
  if (linker === undefined) {
    missing.add(`"${name}" finds no linker "ld.lld"`, name.replace("clang", "lld"));
    return undefined;
  }
  return {
    name,
    program,
    version: version.split("\n", 1)[0] ?? "",
    // A wrapper may stand before the real compiler, so that is looked at too.
    programs: [program, ...(isAbsolute(self) ? [self] : []), linker],
    linker,
    backends: new Set(targets.split("\n").map((line) => line.trim().split(/\s/, 1)[0] ?? "")),
  };
}

function numberOf(name: string): number {
  return Number(name.slice(name.indexOf("-") + 1));
}
