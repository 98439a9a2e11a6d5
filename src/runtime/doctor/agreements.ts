/**
 * Do runtime, kubelet and kubeadm mean the same image, and does the kubelet start with its flags?
 *
 * @see https://github.com/kubernetes/kubeadm/issues/2020 (what kubeadm pulled is not what the runtime runs)
 * @module
 */
import { formatReference, parseReference } from "../../oci/reference.ts";
import type { Version } from "../version.ts";
import { notLooked } from "./look-containerd.ts";
import type { Configured, NodeFinding } from "./model.ts";

const FLAG = "--pod-infra-container-image";

/** Findings about what the parts of a node say of each other. */
export function agreements(
  configured: readonly Configured[],
  kubernetes: Version | undefined,
  refusesFlag: (kubernetes: Version) => boolean,
): readonly NodeFinding[] {
  const runtimes = configured.filter(
    ({ component, image }) => !["kubelet", "kubeadm"].includes(component) && image !== undefined,
  );
  const of = (name: string) => configured.find(({ component }) => component === name);
  return [
    ...flagFindings(of("kubelet"), runtimes, kubernetes, refusesFlag),
    ...kubeadmFindings(of("kubeadm"), runtimes, kubernetes),
  ];
}

function flagFindings(
  kubelet: Configured | undefined,
  runtimes: readonly Configured[],
  kubernetes: Version | undefined,
  refusesFlag: (kubernetes: Version) => boolean,
): readonly NodeFinding[] {
  if (kubelet === undefined) return [];
  const { image, place } = kubelet;
  if (image === undefined) {
    return [{ component: "kubelet", check: "flag", status: "ok", said: `${FLAG} is not set` }];
  }
  const where = place === undefined ? "its flags" : `${place.file}, line ${place.line}`;
  const takeAway = [
    `take ${FLAG}=${image} out of ${where}`,
    "systemctl daemon-reload && systemctl restart kubelet",
  ];
  const findings: NodeFinding[] = [];
  if (kubernetes === undefined) {
    const said = `${FLAG} is set, and the version of Kubernetes is not known: from 1.35 on the kubelet does not start with it (--kubernetes VERSION)`;
    findings.push({ ...notLooked("kubelet", "flag", said), place });
  } else if (refusesFlag(kubernetes)) {
    const said = `${FLAG} is set, and the kubelet ${kubernetes.text} does not start with it`;
    findings.push({
      component: "kubelet",
      check: "flag",
      status: "wrong",
      said,
      place,
      mend: takeAway,
    });
    return findings;
  } else {
    const said = `${FLAG} is set, and the kubelet ${kubernetes.text} takes it`;
    findings.push({ component: "kubelet", check: "flag", status: "ok", said, place });
  }
  findings.push(...compare(kubelet, runtimes, "keeps from being collected", takeAway));
  return findings;
}

function kubeadmFindings(
  kubeadm: Configured | undefined,
  runtimes: readonly Configured[],
  kubernetes: Version | undefined,
): readonly NodeFinding[] {
  if (kubeadm === undefined) return [];
  if (kubeadm.image === undefined) {
    const said =
      "The version of Kubernetes is not known, and so not what kubeadm pulls (--kubernetes VERSION)";
    return [{ ...notLooked("kubeadm", "agrees", said), place: kubeadm.place }];
  }
  const { image } = kubeadm;
  const asked = `--kubernetes ${kubernetes?.text ?? "VERSION"} --runtime-version VERSION`;
  return runtimes.flatMap((runtime) => {
    // RKE2 is configured as k3s is.
    const name = runtime.component === "rke2" ? "k3s" : runtime.component;
    const mend = [`hiatus node-config --runtime ${name} --image ${image} ${asked}`];
    return compare(kubeadm, [runtime], "pulls", mend);
  });
}

function compare(
  one: Configured,
  runtimes: readonly Configured[],
  does: string,
  mend: readonly string[],
): readonly NodeFinding[] {
  const { component, image = "", place } = one;
  return runtimes.map((runtime) => {
    const agrees = sameName(image, runtime.image ?? "");
    const said = agrees
      ? `The ${component} and ${runtime.component} mean the same image`
      : `The ${component} ${does} ${image}, and ${runtime.component} runs ${runtime.image}`;
    const finding: NodeFinding = {
      component,
      check: "agrees",
      status: agrees ? "ok" : "wrong",
      said,
      place,
    };
    return agrees ? finding : { ...finding, mend };
  });
}

function sameName(a: string, b: string): boolean {
  try {
    return formatReference(parseReference(a)) === formatReference(parseReference(b));
  } catch {
    return a === b;
  }
}
