/**
 * `hiatus bundle`: an image in one file that crosses an air gap.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { BUNDLE_FORMS, type BundleForm } from "../bundle/form.ts";
import { addConnectionOptions, type ConnectionFlags, collectNames, REFERENCES } from "./options.ts";

const EXAMPLES = `${REFERENCES}

Forms, by the name of the file or --format:
  .tar       an OCI layout with Docker's manifest.json: docker, podman, ctr, k3s, skopeo, crane, oras
  .tar.gz    the same, gzipped
  .tar.zst   the same, as zstd
  .run       a shell script with the archive in it: lists, verifies, pushes and loads, needs only sh

The image comes whole: every platform, or those of --platform, with its signatures and whatever else
refers to it. It is called as it is where it comes from, or as --name says: NAME:TAG for each tag, or
NAME@DIGEST when it has none. Without --tag it keeps the tag that FROM names, and in a layout or a bundle
all that name the image. --tag takes {version}, {major}, {minor}, {patch}, {aliases} and {node-defaults}, as
mirrors files do. Podman and crane read one name only: give them a bundle with one tag.

With --since the bundle says inside what it leaves out and who has it, and seeding looks for that first.

Beside the file lies FILE.sha256 for sha256sum -c. The same image under the same names gives the same
bytes, on every host.

Examples:
  $ hiatus bundle oci:dist/pause/oci --out pause-3.10.2.run
  $ hiatus bundle registry.k8s.io/pause:3.10 --out pause.tar.gz --platform linux/amd64,linux/arm64
  $ hiatus bundle oci:dist/pause/oci --name registry.k8s.io/pause --tag '{version},{node-defaults}' --out pause.tar.zst
  $ hiatus bundle oci:dist/pause/oci --since pause-3.10.1.run --out pause-3.10.2.tar.gz
`;

/** Flags as commander gives them. */
export interface BundleFlags extends ConnectionFlags {
  readonly out: string;
  readonly format?: BundleForm;
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly platform?: readonly string[];
  readonly since?: string;
  readonly referrers: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function addBundle(program: Command, signal: AbortSignal): void {
  const command = program
    .command("bundle")
    .summary("write an image to one file for an air gap")
    .description("Write an image into one file that crosses an air gap, with every byte verified.")
    .argument("<from>", "what to bundle: see below")
    .requiredOption("--out <file>", "the file; its name says the form")
    .addOption(new Option("--format <form>", "the form, whatever the name").choices(BUNDLE_FORMS))
    .option(
      "--name <repository>",
      "what to call it: registry.k8s.io/pause (default: as FROM has it)",
    )
    .option(
      "--tag <list>",
      "its tags, with commas or repeated (default: those it has)",
      collectNames,
    )
    .option("--platform <list>", "platforms, with commas or repeated (default: all)", collectNames)
    .option("--since <reference>", "leave out what this bundle, layout, archive or registry has")
    .option("--no-referrers", "leave signatures and other attachments behind")
    .addOption(new Option("--json", "print one JSON document").conflicts("quiet"))
    .option("-q, --quiet", "print the digest of the file only");
  addConnectionOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (from: string, flags: BundleFlags) => {
      const { runBundle } = await import("./run-bundle.ts");
      await runBundle(from, flags, signal);
    });
}
