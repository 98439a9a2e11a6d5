/**
 * k3s, which configures the containerd inside of it.
 *
 * @see https://docs.k3s.io/installation/configuration#configuration-file (config.yaml.d)
 * @see https://docs.k3s.io/cli/agent (pause-image)
 * @see https://docs.k3s.io/installation/private-registry (registries.yaml)
 * @module
 */
import { HiatusError } from "../../errors.ts";
import type { CheckedRequest, NodeConfig, NodeFile } from "../node-config.ts";

/** Writes it. */
export function k3sConfig(request: CheckedRequest): NodeConfig {
  const { image, version, mirror } = request;
  if (version.build !== undefined && !/^(?:k3s|rke2r)\d+$/.test(version.build)) {
    throw new HiatusError("USAGE", `"${version.text}" is not a version of k3s`, {
      hint: 'Write it as `k3s --version` says it, for example "v1.35.4+k3s1"',
    });
  }
  return {
    files: [
      {
        path: "/etc/rancher/k3s/config.yaml.d/50-hiatus-pause.yaml",
        content: `pause-image: "${image}"\n`,
        about: "Sets the pause image of servers and agents",
      },
    ],
    edits: mirror === undefined ? [] : [registriesFile(request)],
    restart: ["systemctl restart k3s || systemctl restart k3s-agent"],
    look: [
      {
        command:
          "grep -E 'sandbox(_image)? =' /var/lib/rancher/k3s/agent/etc/containerd/config.toml",
        shows: image,
      },
    ],
    warnings: [
      "k3s writes containerd's config.toml itself at each start: what is changed there is lost",
    ],
  };
}

function registriesFile({ reference, mirror }: CheckedRequest): NodeFile {
  return {
    path: "/etc/rancher/k3s/registries.yaml",
    content: `mirrors:\n  "${reference.registry}":\n    endpoint:\n      - "${mirror?.url}"\n`,
    about:
      "Pulls go to the mirror first; k3s reads this one file at its start and has no drop-ins, so merge what is there",
  };
}
