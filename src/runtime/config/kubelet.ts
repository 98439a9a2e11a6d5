/**
 * The kubelet. It never pulled or ran the pause image since dockershim left in 1.24; its flag only kept the image from being
 * collected, and from 1.35 on the kubelet refuses to start with it.
 *
 * @see https://github.com/kubernetes/kubernetes/pull/133779 (removed in 1.35)
 * @see https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/kubelet-integration/ (who sets which variable)
 * @module
 */
import { refusesPauseFlag } from "../known.ts";
import type { CheckedRequest, NodeConfig } from "../node-config.ts";

const FLAG = "--pod-infra-container-image";

/** Writes it: nothing from 1.35 on. */
export function kubeletConfig({ image, kubernetes }: CheckedRequest): NodeConfig {
  const look = [
    {
      command: `tr '\\0' '\\n' < /proc/$(pidof kubelet)/cmdline | grep -c -- ${FLAG}`,
      shows: refusesPauseFlag(kubernetes) ? "0" : "1 or more; the last one counts",
    },
  ];
  if (refusesPauseFlag(kubernetes)) {
    return {
      files: [],
      edits: [],
      restart: [],
      look,
      warnings: [
        `Nothing is to be set: Kubernetes 1.35 took ${FLAG} away, and the kubelet does not start with it. The runtime alone decides about the pause image: configure that`,
        `Before an upgrade to 1.35 take the flag out of /var/lib/kubelet/kubeadm-flags.env, /etc/default/kubelet, /etc/sysconfig/kubelet and the unit's drop-ins`,
      ],
    };
  }
  return {
    files: [
      {
        path: "/etc/systemd/system/kubelet.service.d/50-hiatus-pause.conf",
        content: `[Service]\nEnvironment="KUBELET_EXTRA_ARGS=${FLAG}=${image}"\n`,
        about: "Keeps the kubelet from collecting the image; the runtime is not configured by it",
      },
    ],
    edits: [],
    restart: ["systemctl daemon-reload", "systemctl restart kubelet"],
    look,
    warnings: [
      "/etc/default/kubelet (or /etc/sysconfig/kubelet) wins when it sets KUBELET_EXTRA_ARGS: then put the flag there",
      "The flag is gone in 1.35, and the kubelet does not start with it: take this file away before that upgrade",
    ],
  };
}
