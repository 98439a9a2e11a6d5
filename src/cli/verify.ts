/**
 * `hiatus verify`: does an image hold what it promises, byte by byte and as PID 1?
 *
 * @module
 */
import { type Command, Option } from "commander";
import { HiatusError, isHiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Source } from "../store/source.ts";
import { bringNear } from "./near.ts";
import { addConnectionOptions, type ConnectionFlags, collectNames, REFERENCES } from "./options.ts";

const EXAMPLES = `
Structure: every byte against its digest, media types, config against ELF, user, entry point, dates.
Behaviour: every program as PID 1 of new namespaces and not as PID 1, as root and not, confined
  as PodSecurity's "restricted" does, in orphan storms and under all signals. This CPU's programs
  run by themselves, others under qemu-user-static where it is installed. It needs Linux and the
  native probe (npm run build:native); what cannot be tried is "not tried" and says why.
${REFERENCES}

Exit code 3 when a check fails.

Examples:
  $ hiatus verify oci:dist/pause/oci                                  everything that can be tried
  $ hiatus verify oci:dist/pause/oci --structure                      nothing is run
  $ hiatus verify oci:dist/pause/oci --platform amd64,arm/v7 --all    every check with what was seen
  $ hiatus verify oci-archive:dist/pause/pause-3.10.2.tar --json      one event a line
  $ hiatus verify registry.k8s.io/pause:3.10 --structure              from a registry
`;

/** Flags as commander gives them. */
interface VerifyFlags extends ConnectionFlags {
  readonly platform?: readonly string[];
  readonly structure?: boolean;
  readonly emulate: "auto" | "never";
  readonly all?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function addVerify(program: Command, signal: AbortSignal): void {
  const command = program
    .command("verify")
    .summary("check an image, and run it as PID 1")
    .description(
      "Check an image byte by byte, then run its programs the way a container runtime does.",
    )
    .argument("<reference>", "what to check: see below")
    .option("--platform <list>", "platforms, with commas or repeated (default: all)", collectNames)
    .option("--structure", "check the structure only, run nothing")
    .addOption(
      new Option("--emulate <when>", "run programs of other CPUs under qemu-user")
        .choices(["auto", "never"])
        .default("auto"),
    )
    .addOption(new Option("--all", "list every check with what was seen").conflicts("quiet"))
    .addOption(new Option("--json", "print events as NDJSON").conflicts(["quiet", "all"]))
    .option("-q, --quiet", "print failures only");
  addConnectionOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((reference: string, flags: VerifyFlags) => run(reference, flags, signal));
}

async function run(reference: string, flags: VerifyFlags, signal: AbortSignal): Promise<void> {
  const [{ openSource }, { parsePlatformName }, { verifyImage }, { presentVerify }, notices] =
    await Promise.all([
      import("./open.ts"),
      import("../oci/platform.ts"),
      import("../verify/verify.ts"),
      import("./present/verify.ts"),
      import("./present/notices.ts"),
    ]);
  const platforms = flags.platform?.map(parsePlatformName);
  const { tellConnection: onEvent } = flags.json ? notices.jsonNotices() : notices.textNotices();
  const opened = await openSource(reference, { signal, flags, onEvent });
  const { root, close } = opened;
  const presenter = presentVerify(reference, root.digest, flags);
  try {
    const source = await bringNear(opened.source, root, signal);
    const results = await verifyImage(source, root, {
      platforms,
      behaviour: !flags.structure,
      emulate: flags.emulate,
      stamp: await stampIn(source, root, signal),
      onResult: presenter.onResult,
      signal,
    });
    presenter.done(results);
    const failed = results.filter(({ status }) => status === "failed");
    if (failed.length > 0) {
      const of = `${failed.length} of ${results.length} checks`;
      throw new HiatusError("DIFFERENCE", `"${reference}" fails ${of}`, {
        detail: { failed: failed.length, checks: results.length },
        hint: "Do not publish it; the failed checks say what was seen",
      });
    }
  } finally {
    presenter.close();
    await close();
  }
}

/** What `pause -v` prints, as the annotations of the image promise it; undefined when they do not, or cannot be read. */
async function stampIn(
  source: Source,
  root: Descriptor,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [{ parseDocument, READ_LIMIT }, { readAll }, { stampOf }] = await Promise.all([
    import("../oci/document.ts"),
    import("../store/verify.ts"),
    import("../build/version.ts"),
  ]);
  try {
    const bytes = await readAll(source, root, { limit: READ_LIMIT, signal });
    const said = parseDocument(bytes, root.mediaType).annotations ?? {};
    const version = said["org.opencontainers.image.version"];
    const revision = said["org.opencontainers.image.revision"];
    return version === undefined ? undefined : stampOf(version, revision);
  } catch (error) {
    // Its structure tells what is wrong with it.
    if (isHiatusError(error, "CONTENT", "NOT_FOUND", "INVALID")) return undefined;
    throw error;
  }
}
