/**
 * kubeadm. It has no setting for pause alone: one repository for all images of the control plane, and the tag is its own.
 *
 * @see https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/#kubeadm-k8s-io-v1beta4-ClusterConfiguration
 * @see https://github.com/kubernetes/kubernetes/blob/v1.35.4/cmd/kubeadm/app/images/images.go (which image comes from where)
 * @module
 */
import { HiatusError } from "../../errors.ts";
import { kubeadmPause } from "../known.ts";
import type { CheckedRequest, NodeConfig } from "../node-config.ts";
import { atLeast } from "../version.ts";

/** Writes it. */
export function kubeadmConfig({
  image,
  reference,
  kubernetes,
  mirror,
}: CheckedRequest): NodeConfig {
  const { registry, repository, tag } = reference;
  const asked = kubeadmPause(kubernetes)?.split(":")[1];
  if (repository !== "pause" && !repository.endsWith("/pause")) {
    throw new HiatusError("USAGE", `kubeadm cannot be told to take "${image}"`, {
      hint: 'It adds "/pause" to a repository by itself: the image must be called REPOSITORY/pause',
    });
  }
  const host = mirror?.host ?? registry;
  const parent = [host, ...repository.split("/").slice(0, -1)].join("/");
  const apiVersion = atLeast(kubernetes, "1.31") ? "v1beta4" : "v1beta3";
  const path = "/etc/kubernetes/hiatus-kubeadm.yaml";
  const isExact = kubernetes.text.split(".").length > 2;
  const version = isExact ? `kubernetesVersion: "v${kubernetes.text}"\n` : "";
  return {
    files: [
      {
        path,
        content: `apiVersion: kubeadm.k8s.io/${apiVersion}\nkind: ClusterConfiguration\n${version}imageRepository: "${parent}"\n`,
        about: "For kubeadm init --config; merge it with the ClusterConfiguration that you have",
      },
    ],
    edits: [],
    restart: [],
    look: [
      {
        command: `kubeadm config images list --config ${path} | grep pause`,
        shows: `${parent}/pause:${asked}`,
      },
    ],
    warnings: [
      "imageRepository moves every image of the control plane: kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy, etcd, and CoreDNS, which is then looked for at its root (coredns, not coredns/coredns). The repository must hold all of them",
      "It does not configure the runtime, which runs its own sandbox image: do that too (hiatus node-config --runtime containerd or cri-o)",
      ...(tag === asked
        ? []
        : [
            `kubeadm of this version asks for pause:${asked} and cannot be told another tag: publish the image under that tag too`,
          ]),
    ],
  };
}
