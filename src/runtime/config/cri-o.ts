/**
 * CRI-O, whose versions are those of Kubernetes.
 *
 * @see https://github.com/cri-o/cri-o/blob/main/docs/crio.conf.5.md (pause_image, pause_image_auth_file, pause_command)
 * @see https://github.com/cri-o/cri-o/blob/main/docs/crio.conf.d.5.md
 * @see https://github.com/cri-o/cri-o/pull/6903 (the configured pause image is pinned, since 1.28)
 * @see https://github.com/containers/image/blob/v5.36.2/docs/containers-registries.conf.5.md
 * @module
 */
import type { CheckedRequest, NodeConfig, NodeFile } from "../node-config.ts";
import { atLeast } from "../version.ts";

/** Writes it. */
export function criOConfig(request: CheckedRequest): NodeConfig {
  const { image, version, mirror, authFile } = request;
  const auth = authFile === undefined ? "" : `pause_image_auth_file = "${authFile}"\n`;
  const dropIn: NodeFile = {
    path: "/etc/crio/crio.conf.d/50-hiatus-pause.conf",
    content: `[crio.image]\npause_image = "${image}"\npause_command = "/pause"\n${auth}`,
    about: "Sets the pause image; a later name in that folder wins",
  };
  return {
    files: [dropIn, ...(mirror === undefined ? [] : [registriesFile(request)])],
    edits: [],
    restart: ["systemctl restart crio"],
    look: [{ command: "crio status config | grep pause_image", shows: image }],
    warnings: [
      ...(atLeast(version, "1.28")
        ? []
        : [
            `CRI-O before 1.28 pins only the pause image that it was built with: give the kubelet --pod-infra-container-image=${image} too, which keeps it from collecting it`,
          ]),
      ...(authFile === undefined
        ? []
        : [
            `${authFile} must be there before CRI-O pulls, with an entry of ${mirror?.host ?? request.reference.registry}, readable by root only (mode 0600)`,
          ]),
    ],
  };
}

function registriesFile({ reference, mirror }: CheckedRequest): NodeFile {
  const { registry } = reference;
  const insecure = mirror?.plainHttp ? "insecure = true\n" : "";
  return {
    path: "/etc/containers/registries.conf.d/50-hiatus-pause.conf",
    content: `[[registry]]\nprefix = "${registry}"\nlocation = "${registry}"\n\n[[registry.mirror]]\nlocation = "${mirror?.host}"\n${insecure}`,
    about: `Pulls of ${registry}/… are tried at the mirror first; Podman and skopeo read it too`,
  };
}
