/**
 * `hiatus pull`: an image from a registry into a layout or an archive.
 *
 * @module
 */
import type { Command } from "commander";
import { HiatusError } from "../errors.ts";
import { addConnectionOptions, REFERENCES } from "./options.ts";
import type { TransferFlags } from "./transfer.ts";
import { addTransferOptions } from "./transfer-options.ts";

const EXAMPLES = `${REFERENCES}

To:
  oci:FOLDER[:TAG]          an OCI image layout; made if need be, added to if it is there
  oci-archive:FILE[:TAG]    one archive for docker load, podman load, ctr images import, skopeo

Everything comes whole: every platform that the index lists, or the one that --platform names. An
archive is written aside and then renamed; the same image under the same name gives the same bytes
as \`hiatus build\`. What was pulled into a layout stays when a pull is stopped.

Examples:
  $ hiatus pull registry.k8s.io/pause:3.10 oci:mirror/pause
  $ hiatus pull registry.k8s.io/pause:3.10 oci-archive:pause-3.10.tar
  $ hiatus pull localhost:5000/pause oci-archive:pause-arm64.tar --platform linux/arm64
`;

/** Adds the command to the program. */
export function addPull(program: Command, signal: AbortSignal): void {
  const command = program
    .command("pull")
    .summary("copy an image from a registry to a layout or an archive")
    .description("Copy an image to this machine, with every byte verified.")
    .argument("<reference>", "what to copy: see below")
    .argument("<to>", "oci:FOLDER[:TAG] or oci-archive:FILE[:TAG]");
  addTransferOptions(command);
  addConnectionOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((from: string, to: string, flags: TransferFlags) => run(from, to, flags, signal));
}

async function run(
  from: string,
  to: string,
  flags: TransferFlags,
  signal: AbortSignal,
): Promise<void> {
  const [{ parseSource }, { parseDestinations, registriesOf }, { transfer }] = await Promise.all([
    import("./open.ts"),
    import("./destinations.ts"),
    import("./transfer.ts"),
  ]);
  const source = parseSource(from);
  const targets = parseDestinations([to]);
  if (registriesOf(targets).length > 0) {
    throw new HiatusError("USAGE", `"${to}" is not on this machine`, {
      hint: `Write "oci:FOLDER" or "oci-archive:FILE", or use: hiatus push ${from} ${to}`,
    });
  }
  const registries = registriesOf([source]);
  await transfer({ verb: "pull", from: source, to: targets, registries }, flags, signal);
}
