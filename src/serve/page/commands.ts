/**
 * The commands that pull an image, and what each tool has to be told first when the registry speaks plain HTTP or has a
 * certificate of its own.
 *
 * @see https://github.com/containerd/containerd/blob/v2.1.3/docs/hosts.md
 * @see https://docs.docker.com/reference/cli/dockerd/#insecure-registries
 * @see https://github.com/containers/image/blob/v5.36.1/docs/containers-registries.conf.5.md
 * @module
 */
import { isDigest } from "../../oci/digest.ts";
import type { Origin } from "./origin.ts";

/** A command for one tool. */
export interface Command {
  readonly tool: string;
  readonly line: string;
}

/** What a tool has to be told: a sentence, and the lines of a file where it takes one. */
export interface Hint {
  readonly tool: string;
  readonly text: string;
  readonly file?: string;
  readonly lines?: string;
}

/** `host/name:tag` or `host/name@digest`. */
export function pullReference(origin: Origin, name: string, reference: string): string {
  return `${origin.host}/${name}${isDigest(reference) ? "@" : ":"}${reference}`;
}

/** The commands that pull. All of them work as they are from where the hints have been followed. */
export function pullCommands(origin: Origin, name: string, reference: string): readonly Command[] {
  const full = pullReference(origin, name, reference);
  const podman = origin.secure ? "" : "--tls-verify=false ";
  const ctr = origin.secure ? "" : "--plain-http ";
  return [
    { tool: "Docker", line: `docker pull ${full}` },
    { tool: "Podman", line: `podman pull ${podman}${full}` },
    { tool: "ctr", line: `ctr --namespace k8s.io images pull ${ctr}${full}` },
    { tool: "crictl", line: `crictl pull ${full}` },
  ];
}

/** The commands that log in, where pulling needs credentials. */
export function loginCommands(origin: Origin, name: string, reference: string): readonly Command[] {
  const full = pullReference(origin, name, reference);
  const podman = origin.secure ? "" : "--tls-verify=false ";
  const ctr = origin.secure ? "" : "--plain-http ";
  return [
    { tool: "Docker", line: `docker login ${origin.host}` },
    { tool: "Podman", line: `podman login ${podman}${origin.host}` },
    { tool: "ctr", line: `ctr --namespace k8s.io images pull ${ctr}--user NAME ${full}` },
    { tool: "crictl", line: `crictl pull --creds NAME:PASSWORD ${full}` },
  ];
}

/** What to tell each tool once. */
export function hints(origin: Origin): readonly Hint[] {
  return origin.secure ? certificateHints(origin) : plainHints(origin);
}

function plainHints({ host, loopback }: Origin): readonly Hint[] {
  return [
    loopback
      ? { tool: "Docker", text: "Nothing: it takes plain HTTP from this machine" }
      : {
          tool: "Docker",
          text: "Add this to the daemon’s configuration and reload the daemon",
          file: "/etc/docker/daemon.json",
          lines: `{ "insecure-registries": ["${host}"] }`,
        },
    {
      tool: "Podman and CRI-O",
      text: "Podman needs only the option above. For CRI-O, or to leave the option out, write this file",
      file: "/etc/containers/registries.conf.d/hiatus.conf",
      lines: `[[registry]]\nlocation = "${host}"\ninsecure = true`,
    },
    { tool: "ctr", text: "Nothing: the option above is enough" },
    loopback
      ? { tool: "crictl with containerd", text: "Nothing: it takes plain HTTP from this machine" }
      : {
          tool: "crictl with containerd",
          text: "Write this file, in the folder that config_path names in containerd’s configuration",
          file: `/etc/containerd/certs.d/${host}/hosts.toml`,
          lines: `server = "http://${host}"\n\n[host."http://${host}"]\n  capabilities = ["pull", "resolve"]`,
        },
  ];
}

function certificateHints({ host }: Origin): readonly Hint[] {
  return [
    {
      tool: "Docker",
      text: "Put the certificate of the authority here",
      file: `/etc/docker/certs.d/${host}/ca.crt`,
    },
    {
      tool: "Podman and CRI-O",
      text: "Put the certificate of the authority here",
      file: `/etc/containers/certs.d/${host}/ca.crt`,
    },
    { tool: "ctr", text: "Add the option --tlscacert with the certificate of the authority" },
    {
      tool: "crictl with containerd",
      text: "Write this file, in the folder that config_path names in containerd’s configuration",
      file: `/etc/containerd/certs.d/${host}/hosts.toml`,
      lines: `server = "https://${host}"\n\n[host."https://${host}"]\n  capabilities = ["pull", "resolve"]\n  ca = "/etc/containerd/certs.d/${host}/ca.crt"`,
    },
  ];
}
