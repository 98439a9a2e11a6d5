/**
 * Docker behind cri-dockerd. The pause image is an argument of cri-dockerd, and Docker itself knows nothing of it.
 *
 * @see https://github.com/Mirantis/cri-dockerd/blob/master/config/options.go (--pod-infra-container-image)
 * @see https://github.com/Mirantis/cri-dockerd/blob/master/packaging/systemd/cri-docker.service (ExecStart)
 * @see https://docs.docker.com/docker-hub/image-library/mirror/ (only Docker Hub can be mirrored)
 * @module
 */
import { HiatusError } from "../../errors.ts";
import { CRI_DOCKERD, mustBeKnown } from "../known.ts";
import type { CheckedRequest, NodeConfig, NodeFile } from "../node-config.ts";

const PACKAGED = "/usr/bin/cri-dockerd --container-runtime-endpoint fd://";
const FLAG = "--pod-infra-container-image";

/** Writes it. */
export function dockerConfig(request: CheckedRequest): NodeConfig {
  const { version, existing, reference } = request;
  const image = asDockerLists(request);
  mustBeKnown(version, [CRI_DOCKERD], "cri-dockerd");
  const command = existing === undefined ? PACKAGED : commandIn(existing);
  const { edits, warnings } = mirrorOf(request);
  return {
    files: [
      {
        path: "/etc/systemd/system/cri-docker.service.d/50-hiatus-pause.conf",
        content: `[Service]\nExecStart=\nExecStart=${command} ${FLAG}=${image}\n`,
        about:
          "Starts cri-dockerd with the pause image; the empty line takes the packaged start away first",
      },
    ],
    edits,
    restart: [
      "systemctl daemon-reload",
      "systemctl restart cri-docker",
      ...(edits.length > 0 ? ["systemctl reload docker"] : []),
    ],
    look: [
      { command: `tr '\\0' ' ' < /proc/$(pidof cri-dockerd)/cmdline`, shows: `${FLAG}=${image}` },
    ],
    warnings: [
      ...(existing === undefined
        ? [
            "It repeats the packaged start: if yours has other arguments (systemctl cat cri-docker), run this with --existing FILE of that unit",
          ]
        : []),
      reference.digest === undefined
        ? "cri-dockerd tells the kubelet to keep what Docker lists under the very text of the flag: keep that tag on the image, and look with hiatus doctor"
        : "cri-dockerd tells the kubelet to keep a tag, and no digest: name the image by its tag, or the kubelet may collect it",
      ...warnings,
    ],
  };
}

/**
 * Docker leaves its own registry out of names, and cri-dockerd compares texts.
 *
 * @see https://github.com/Mirantis/cri-dockerd/blob/v0.3.17/core/image.go (isPinned)
 */
function asDockerLists({ image }: CheckedRequest): string {
  return image.replace(/^docker\.io\/(?:library\/)?/, "");
}

/** How a unit starts cri-dockerd, without a pause image. */
function commandIn(unit: string): string {
  const joined = unit.replaceAll(/\s*\\\r?\n\s*/g, " ");
  const starts = [...joined.matchAll(/^ExecStart=(.*)$/gm)].map(([, text = ""]) => text.trim());
  const last = starts.at(-1) ?? "";
  if (last === "") {
    throw new HiatusError("CONFIG", "The existing unit has no ExecStart", {
      hint: "Give the unit of cri-dockerd, for example that of systemctl cat cri-docker",
    });
  }
  return last.replaceAll(/\s+--pod-infra-container-image(?:=|\s+)\S+/g, "");
}

function mirrorOf({ mirror, reference }: CheckedRequest): {
  readonly edits: readonly NodeFile[];
  readonly warnings: readonly string[];
} {
  if (mirror === undefined) return { edits: [], warnings: [] };
  const insecure = mirror.plainHttp ? { "insecure-registries": [mirror.host] } : {};
  if (reference.registry === "docker.io") {
    const content = { "registry-mirrors": [mirror.url], ...insecure };
    return {
      edits: [daemonFile(content, "Adds the mirror of Docker Hub; other keys of the file stay")],
      warnings: [],
    };
  }
  return {
    edits: mirror.plainHttp
      ? [
          daemonFile(
            insecure,
            "Lets Docker pull from there without TLS; other keys of the file stay",
          ),
        ]
      : [],
    warnings: [
      `Docker mirrors Docker Hub only, so ${reference.registry} cannot lead to ${mirror.host}: load the image (hiatus load --into docker), or name it ${mirror.host}/${reference.repository}`,
    ],
  };
}

function daemonFile(content: object, about: string): NodeFile {
  return {
    path: "/etc/docker/daemon.json",
    content: `${JSON.stringify(content, null, 2)}\n`,
    about,
  };
}
