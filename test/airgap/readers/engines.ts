/**
 * Docker and Podman: `load`, and then the image runs under its name.
 *
 * @module
 */
import { DOCKER_PROGRAMS, startDockerd } from "../../runtime/dockerd.ts";
import { PODMAN_PROGRAMS, preparePodman } from "../../runtime/podman.ts";
import type { Bundle } from "../bundles.ts";
import { hasSeveral, type ReaderKind } from "../reader.ts";

const NAME_AND_ID = "{{.Repository}}:{{.Tag}} {{.ID}}";

/** Debian's dockerd. Its own image store knows no indexes, so only the config can be compared. */
export const dockerd: ReaderKind = {
  name: "docker load",
  programs: DOCKER_PROGRAMS,
  refuses: () => undefined,
  async start() {
    const { docker, stop } = await startDockerd();
    return {
      stop,
      async read({ file, name }: Bundle) {
        await docker("load", "--quiet", "--input", file);
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
 * only when it is not compressed.
 */
export const podman: ReaderKind = {
  name: "podman load",
  programs: PODMAN_PROGRAMS,
  refuses: (bundle) =>
    hasSeveral(bundle) && bundle.form !== ".tar"
      ? { why: "unpack it first", says: /more than one image in oci/ }
      : undefined,
  lacks: (bundle) => (hasSeveral(bundle) ? "its own digest" : undefined),
  async start() {
    const place = await preparePodman();
    return {
      stop: place.stop,
      async read(bundle: Bundle) {
        const { file, name } = bundle;
        await place.podman("load", "--quiet", "--input", file);
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
        const whole = hasSeveral(bundle) ? {} : { root };
        return { ...whole, config: `sha256:${id}`, names, version };
      },
    };
  },
};
