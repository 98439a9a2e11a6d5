# shellcheck shell=sh
# How runtimes are told which pause image to use, in short: `hiatus node-config` knows what each version wants.

config_names() {
  echo 'containerd cri-o docker k3s kubelet kubeadm'
}

config_text() {
  case $1 in
  containerd)
    cat <<'/hiatus/config'
# containerd 2.x: /etc/containerd/conf.d/50-hiatus-pause.toml
# and in config.toml: imports = ["/etc/containerd/conf.d/*.toml"]
version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "@IMAGE@"

# containerd 1.x: in /etc/containerd/config.toml
# version = 2
# [plugins."io.containerd.grpc.v1.cri"]
#   sandbox_image = "@IMAGE@"

# then: systemctl restart containerd
/hiatus/config
    ;;
  cri-o)
    cat <<'/hiatus/config'
# /etc/crio/crio.conf.d/50-hiatus-pause.conf, then: systemctl restart crio
[crio.image]
pause_image = "@IMAGE@"
pause_command = "/pause"
/hiatus/config
    ;;
  docker)
    cat <<'/hiatus/config'
# cri-dockerd: /etc/systemd/system/cri-docker.service.d/50-hiatus-pause.conf
# (keep the other words of your ExecStart), then: systemctl daemon-reload && systemctl restart cri-docker
[Service]
ExecStart=
ExecStart=/usr/bin/cri-dockerd --container-runtime-endpoint fd:// --pod-infra-container-image=@LISTED@
/hiatus/config
    ;;
  k3s)
    cat <<'/hiatus/config'
# /etc/rancher/k3s/config.yaml, then: systemctl restart k3s (or k3s-agent)
pause-image: "@IMAGE@"
/hiatus/config
    ;;
  kubelet)
    cat <<'/hiatus/config'
# From Kubernetes 1.35 on there is nothing to say to the kubelet: it refuses to start with the flag below.
# Before, it only keeps garbage collection off the image: /etc/default/kubelet
# KUBELET_EXTRA_ARGS=--pod-infra-container-image=@IMAGE@
/hiatus/config
    ;;
  kubeadm)
    cat <<'/hiatus/config'
# kubeadm decides about the tag itself (kubeadm config images list): load or push the image under that tag too.
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
imageRepository: "@PARENT@"
/hiatus/config
    ;;
  *) return 1 ;;
  esac
}
