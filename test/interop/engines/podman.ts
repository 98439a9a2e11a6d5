/**
 * podman as Debian packages it.
 *
 * @module
 */
import { join } from "node:path";
import { PODMAN_PROGRAMS, preparePodman } from "../../runtime/podman.ts";
import { referenceOf } from "../client.ts";
import { writeAuthFile } from "../clients/auth-file.ts";
import type { EngineKind } from "../engine.ts";
import { versionOf } from "../registry.ts";

/** Found on the PATH. */
export const podman: EngineKind = {
  name: "podman",
  programs: PODMAN_PROGRAMS,
  keepsBytes: false,
  version: () => versionOf(["podman", "--version"]),
  async start() {
    const place = await preparePodman();
    return {
      async use(registry) {
        const file = await writeAuthFile(join(place.folder, "auth.json"), registry);
        const { tls } = registry;
        const flags = [
          tls === undefined ? "--tls-verify=false" : `--cert-dir=${tls.caFolder}`,
          ...["--authfile", file, "--quiet"],
        ];
        return {
          async pull(from) {
            await place.podman("pull", ...flags, referenceOf(from));
            const format = "{{.Id}} {{json .RepoDigests}}";
            const said = await place.podman(
              ...["image", "inspect", "--format", format, referenceOf(from)],
            );
            const [id = "", digests = "[]"] = said.trim().split(" ");
            const names = JSON.parse(digests) as readonly string[];
            // It lists the index and the manifest that it chose; the index is what was named.
            const own = names.map((name) => name.replace(/^.*@/, ""));
            return { digests: own, config: `sha256:${id}` };
          },
          async push(pulled, to) {
            await place.podman("push", ...flags, referenceOf(pulled), referenceOf(to));
          },
          async forget(pulled) {
            await place.podman("rmi", "--force", referenceOf(pulled));
          },
        };
      },
      stop: place.stop,
    };
  },
};
