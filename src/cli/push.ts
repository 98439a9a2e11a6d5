/**
 * `hiatus push`: one image to any number of registries.
 *
 * @module
 */
import type { Command } from "commander";
import { addConnectionOptions } from "./options.ts";
import type { TransferFlags } from "./transfer.ts";
import { addTransferOptions } from "./transfer-options.ts";

const EXAMPLES = `
From and to:
  oci:FOLDER[:TAG|@DIGEST]             an OCI image layout; without a tag its only one
  oci-archive:FILE[:TAG|@DIGEST]       an archive (.tar, .tar.gz) that holds one
  [docker://]HOST/PATH[:TAG|@DIGEST]   a registry; what is written to is named with its host

Each destination gets its own tag, else the one that FROM was named by. Bytes travel as they are;
--platform with several and --format make new ones, and a new digest. Signatures, SBOMs and what
else refers to the image go along. Before anything moves, the tag is asked for: where it names the
image already, that is all. Destinations fail by themselves; what was pushed stays.

Credentials are those of \`docker login\` and \`podman login\`, of credential helpers, and variables:
HIATUS_<HOST>_USERNAME and HIATUS_<HOST>_PASSWORD or _PASSWORD_FILE.

With --json, events: image, found, plan, copied, mounted, tagged, warning, retry, pause; then done,
planned or failed for each destination, with destination, digest, tags, bytes and requests; at last
result.

Examples:
  $ hiatus push oci:dist/pause/oci registry.example/team/pause
  $ hiatus push oci:dist/pause/oci ghcr.io/me/pause:3.10.2 quay.io/me/pause:3.10.2 --tag latest
  $ hiatus push oci:dist/pause/oci localhost:5000/pause --platform arm64 --tag 3.10.2-arm64
  $ hiatus push registry.k8s.io/pause:3.10 mirror.example/pause --dry-run
`;

/** Adds the command to the program. */
export function addPush(program: Command, signal: AbortSignal): void {
  const command = program
    .command("push")
    .summary("copy an image to registries")
    .description("Copy an image to registries, all side by side, with every byte verified.")
    .argument("<from>", "what to copy: see below")
    .argument("<to...>", "where to: see below");
  addTransferOptions(command).option(
    "--dry-run",
    "say what would move and which tags, send nothing",
  );
  addConnectionOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((from: string, to: readonly string[], flags: TransferFlags) =>
      run(from, to, flags, signal),
    );
}

async function run(
  from: string,
  to: readonly string[],
  flags: TransferFlags,
  signal: AbortSignal,
): Promise<void> {
  const [{ parseSource }, { parseDestinations, registriesOf }, { transfer }] = await Promise.all([
    import("./open.ts"),
    import("./destinations.ts"),
    import("./transfer.ts"),
  ]);
  const source = parseSource(from);
  const targets = parseDestinations(to);
  const written = registriesOf(targets);
  const registries = written.length > 0 ? written : registriesOf([source]);
  await transfer({ verb: "push", from: source, to: targets, registries }, flags, signal);
}
