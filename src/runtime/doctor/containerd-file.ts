/**
 * Which sandbox image the files of containerd configure, with what they import, as its version reads them.
 *
 * @see https://github.com/containerd/containerd/blob/v2.4.2/docs/man/containerd-config.toml.5.md (imports)
 * @module
 */
import { dirname, isAbsolute, join } from "node:path";
import { parse, type TomlTable } from "smol-toml";
import { atLeast, type Version } from "../version.ts";
import { type NodeHost, type Place, placeOf } from "./host.ts";

/** What the files say. */
export interface ContainerdFiles {
  /** Undefined when none sets it. */
  readonly image: string | undefined;
  readonly place: Place | undefined;
  /** Of the main file. */
  readonly version: number | undefined;
  /** Setting of an earlier file that a later one of 1.x took away with its section. */
  readonly lost: Place | undefined;
}

const MAIN = "/etc/containerd/config.toml";

/**
 * Reads the main file and what it imports.
 *
 * @param version of containerd, where it is known.
 * @throws Error when a file cannot be read or is not TOML, naming it.
 */
export function readContainerdFiles(
  host: NodeHost,
  version: Version | undefined,
  main: string = MAIN,
): ContainerdFiles {
  const files = [main];
  const text = host.read(main);
  const first = text === undefined ? undefined : tomlOf(main, text);
  if (first !== undefined) files.push(...importsOf(host, main, first.imports));
  else if (version === undefined || atLeast(version, "2.2")) {
    files.push(...host.list("/etc/containerd/conf.d", ".toml"));
  }
  let image: string | undefined;
  let place: Place | undefined;
  let lost: Place | undefined;
  // Which release merges sections and which replaces them shows by the version of the files too.
  const replaces =
    version === undefined ? Number(first?.version ?? 2) < 3 : !atLeast(version, "2.0");
  for (const file of files) {
    const content = host.read(file);
    if (content === undefined) continue;
    const plugins = table(tomlOf(file, content).plugins);
    const old = table(plugins?.["io.containerd.grpc.v1.cri"]);
    const pinned = table(table(plugins?.["io.containerd.cri.v1.images"])?.pinned_images);
    const found = pinned?.sandbox ?? old?.sandbox_image;
    if (typeof found === "string") {
      [image, place] = [found, placeOf(file, content, /^\s*sandbox(?:_image)?\s*=/)];
    } else if (replaces && old !== undefined && image !== undefined) {
      [image, lost] = [undefined, place];
      place = undefined;
    }
  }
  return {
    image,
    place,
    version: first === undefined ? undefined : Number(first.version ?? 1),
    lost,
  };
}

function importsOf(host: NodeHost, main: string, imports: unknown): readonly string[] {
  if (!Array.isArray(imports)) return [];
  return imports.map(String).flatMap((pattern) => {
    const path = isAbsolute(pattern) ? pattern : join(dirname(main), pattern);
    const match = /^(.*)\/[^/]*\*([^/*]*)$/.exec(path);
    return match === null ? [path] : host.list(match[1] ?? "/", match[2] ?? "");
  });
}

function tomlOf(file: string, text: string): TomlTable {
  try {
    return parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new Error(`${file} is not TOML: ${why}`, { cause });
  }
}

function table(value: unknown): TomlTable | undefined {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  return isTable ? (value as TomlTable) : undefined;
}
