/**
 * dockerd as Debian packages it.
 *
 * @module
 */
import { join } from "node:path";
import { DOCKER_PROGRAMS, startDockerd } from "../../runtime/dockerd.ts";
import { referenceOf } from "../client.ts";
import { writeAuthFile } from "../clients/auth-file.ts";
import type { EngineKind } from "../engine.ts";
import { versionOf } from "../registry.ts";

/** Found on the PATH. It takes any certificate on loopback, see its `insecure-registries`. */
export const dockerd: EngineKind = {
  name: "dockerd",
  programs: DOCKER_PROGRAMS,
  keepsBytes: false,
  version: () => versionOf(["dockerd", "--version"]),
  async start() {
    const daemon = await startDockerd();
    return {
      async use(registry) {
        await writeAuthFile(join(daemon.folder, "client", "config.json"), registry);
        return {
          async pull(from) {
            await daemon.docker("pull", "--quiet", referenceOf(from));
            const format = "{{.Id}} {{json .RepoDigests}}";
            const said = await daemon.docker(
              ...["image", "inspect", "--format", format, referenceOf(from)],
            );
            const [config = "", digests = "[]"] = said.trim().split(" ");
            const names = JSON.parse(digests) as readonly string[];
            return { digests: names.map((name) => name.replace(/^.*@/, "")), config };
          },
          async push(pulled, to) {
            await daemon.docker("tag", referenceOf(pulled), referenceOf(to));
            await daemon.docker("push", "--quiet", referenceOf(to));
          },
          async forget(pulled) {
            const format = "{{.Id}}";
            const id = await daemon.docker(
              ...["image", "inspect", "--format", format, referenceOf(pulled)],
            );
            await daemon.docker("rmi", "--force", id.trim());
          },
        };
      },
      stop: daemon.stop,
    };
  },
};
