/**
 * `hiatus build`: from source to a verified multi-arch image.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { HiatusError } from "../errors.ts";
import { collectNames } from "./options.ts";

const EXAMPLES = `
Platforms:
  linux/amd64, linux/386, linux/arm64, linux/arm/v5, linux/arm/v6, linux/arm/v7, linux/ppc64le,
  linux/s390x, linux/riscv64, linux/loong64, linux/mips64le

Output, written aside and renamed into place:
  dist/pause/oci/                 OCI image layout, tagged with the version
  dist/pause/bin/OS-ARCH/pause    the binaries
  dist/pause/pause-VERSION.tar    for docker load, podman load, ctr images import, skopeo
  dist/pause/build.json           every digest, size, flag and tool version

Examples:
  $ hiatus build                                        the image of images/pause
  $ hiatus build --locked                               fail when a digest is not the committed one
  $ hiatus build --platform linux/amd64,linux/arm64     some platforms only
  $ hiatus build --verify                               every program is tried as PID 1
  $ hiatus build --stamp "$(git describe --always)"     pause -v then tells the revision too
  $ hiatus build ./my-pause --toolchain clang --json    own definition, the host's clang, events
`;

/** Flags as commander gives them. */
interface BuildFlags {
  readonly version?: string;
  readonly stamp?: string;
  readonly platform?: readonly string[];
  readonly out?: string;
  readonly toolchain?: "zig" | "clang" | "gcc";
  readonly format?: "oci" | "docker";
  readonly inline?: "none" | "blobs" | "all";
  readonly locked?: boolean;
  readonly updateLock?: boolean;
  readonly verify?: boolean;
  readonly jobs?: number;
  readonly cache: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function addBuild(program: Command, signal: AbortSignal): void {
  program
    .command("build")
    .summary("compile the reaper and assemble an image for every platform")
    .description(
      "Compile the reaper for every platform, assemble the images, verify them and write them out.\n" +
        "The digests depend on sources, definition, version and toolchain, and on nothing else.",
    )
    .argument("[image]", "name under images/, or a folder or file with a definition", "pause")
    .option("--version <version>", "version to stamp and to tag (default: the definition's)")
    .option("--stamp <revision>", "revision that `pause -v` shows behind the version")
    .option("--platform <list>", "platforms, with commas or repeated (default: all)", collectNames)
    .option("--out <folder>", "folder that gets <name>/ (default: dist)")
    .addOption(
      new Option("--toolchain <name>", "what compiles (default: zig)").choices([
        "zig",
        "clang",
        "gcc",
      ]),
    )
    .addOption(
      new Option("--format <format>", "media types (default: oci)").choices(["oci", "docker"]),
    )
    .addOption(
      new Option(
        "--inline <mode>",
        "content that rides in descriptors (default: the definition's)",
      ).choices(["none", "blobs", "all"]),
    )
    .addOption(
      new Option("--locked", "fail when digests differ from the lock").conflicts("updateLock"),
    )
    .option("--update-lock", "write the lock anew: images/<name>/digests.json")
    .option("--verify", "run the programs too before the output takes its place, as hiatus verify")
    .option("--jobs <n>", "compilers at a time (default: twice the processors)", positive)
    .option("--no-cache", "compile everything, keep nothing")
    .addOption(new Option("--json", "print events as NDJSON").conflicts("quiet"))
    .option("-q, --quiet", "print the index digest only")
    .addHelpText("after", EXAMPLES)
    .action((image: string, flags: BuildFlags) => run(image, flags, signal));
}

async function run(image: string, flags: BuildFlags, signal: AbortSignal): Promise<void> {
  const [{ buildImage }, { presentBuild }] = await Promise.all([
    import("../release/build-image.ts"),
    import("./present/build.ts"),
  ]);
  const presenter = presentBuild(flags);
  try {
    const { platform, cache, json: _json, quiet: _quiet, ...rest } = flags;
    const result = await buildImage(image, {
      ...rest,
      platforms: platform,
      ...(cache ? {} : { cacheDir: null }),
      sourceDateEpoch: epochOf(process.env.SOURCE_DATE_EPOCH),
      signal,
      onEvent: presenter.onEvent,
    });
    presenter.done(result);
  } finally {
    presenter.close();
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1024) {
    throw new InvalidArgumentError("Give a whole number from 1 to 1024.");
  }
  return value;
}

function epochOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new HiatusError("USAGE", `SOURCE_DATE_EPOCH is "${text}"`, {
    hint: "Give whole seconds since 1970, or unset it",
  });
}
