/**
 * Docker and Podman: `load`, by themselves or by the script, and then the image runs under its name.
 *
 * @module
 */
import { join } from "node:path";
import { DOCKER_PROGRAMS, startDockerd } from "../../runtime/dockerd.ts";
import { PODMAN_PROGRAMS, preparePodman } from "../../runtime/podman.ts";
import { type Bundle, runScript } from "../bundles.ts";
import { hasSeveral, type ReaderKind } from "../reader.ts";

const NAME_AND_ID = "{{.Repository}}:{{.Tag}} {{.ID}}";

/** Debian's dockerd. Its own image store knows no indexes, so only the config can be compared. */
export const dockerd: ReaderKind = {
  name: "docker load",
  programs: DOCKER_PROGRAMS,
  refuses: ({ form }) =>
    form === ".tar.zst" ? { why: "unpack it first", says: /invalid tar header/ } : undefined,
  async start() {
    const { folder, docker, stop } = await startDockerd();
    const address = ["--address", `unix://${join(folder, "docker.sock")}`];
    return {
      stop,
      async read(bundle) {
        const { form, file, name } = bundle;
        if (form === ".run") await runScript(bundle, ["--load", "docker", ...address]);
        else await docker("load", "--quiet", "--input", file);
        const config = (await docker("image", "inspect", "--format", "{{.Id}}", name)).trim();
        const version = await docker(
          "run",
          "--rm",
          "--network",
          "none",
          "--pull",
          "never",
          name,
          "-v",
        );
        const said = await docker("images", "--no-trunc", "--format", NAME_AND_ID);
        const images = said
          .trim()
          .split("\n")
          .map((line) => line.split(" "));
        await docker("rmi", "--force", ...new Set(images.map(([, id = ""]) => id)));
        const names = images.flatMap(([one = "", id]) => (id === config ? [one] : []));
        return { config, names, version };
      },
    };
  },
};

/**
 * Debian's podman. It reads a layout of one entry; of others the part that is Docker's, in which there is no index, and that
 * not when it is gzipped.
 */
export const podman: ReaderKind = {
  name: "podman load",
  programs: PODMAN_PROGRAMS,
  refuses: (bundle) =>
    hasSeveral(bundle) && bundle.form === ".tar.gz"
      ? { why: "unpack it first", says: /more than one image in oci/ }
      : undefined,
  lacks: (bundle) =>
    hasSeveral(bundle) || isPartly(bundle) ? "by the digest of the index" : undefined,
  async start() {
    const place = await preparePodman();
    return {
      stop: place.stop,
      async read(bundle) {
        const { form, file, name } = bundle;
        if (form === ".run") await runScript(bundle, ["--load", "podman"], place.env);
        else await place.podman("load", "--quiet", "--input", file);
        const format = "{{.Id}} {{.Digest}}";
        const said = await place.podman("image", "inspect", "--format", format, name);
        const [id = "", root = ""] = said.trim().split(" ");
        const flags = [
          "--network",
          "none",
          "--cgroup-parent",
          place.cgroup.path,
          "--pull",
          "never",
        ];
        const version = await place.podman("run", "--rm", ...flags, name, "-v");
        const listed = await place.podman("images", "--no-trunc", "--format", NAME_AND_ID);
        const names = listed.split("\n").map((line) => line.split(" ")[0] ?? "");
        await place.podman("rmi", "--all", "--force");
        const whole = hasSeveral(bundle) || isPartly(bundle) ? {} : { root };
        return { ...whole, config: `sha256:${id}`, names, version };
      },
    };
  },
};

/** Does the script load one image of several? */
function isPartly({ form, choice }: Bundle): boolean {
  return form === ".run" && choice !== "one";
}
