/**
 * Is the image in CRI-O, by `crictl`, or in Docker? Neither shows single contents, which is said and not passed over.
 *
 * @see https://github.com/kubernetes-sigs/cri-tools/blob/v1.34.0/docs/crictl.md (inspecti)
 * @module
 */
import { formatPlatform, type Platform } from "../../oci/platform.ts";
import { plainName } from "../containerd-content.ts";
import { must, type Run } from "../runner.ts";
import { notLooked, saying } from "./look-containerd.ts";
import type { Component, ExpectedImage, NodeFinding } from "./model.ts";

/** What is needed to look. */
export interface OtherLook {
  readonly run: Run;
  readonly component: Component;
  readonly image: string;
  readonly platforms: readonly Platform[];
  readonly expected: ExpectedImage | undefined;
  readonly load: string;
  readonly signal?: AbortSignal | undefined;
}

/** Through the CRI. @throws HiatusError `RUNTIME` when it cannot be asked. */
export async function lookByCrictl(
  look: OtherLook & { readonly socket: string },
): Promise<readonly NodeFinding[]> {
  const { run, component, socket, load, signal } = look;
  const image = plainName(look.image);
  const command = ["crictl", "--runtime-endpoint", `unix://${socket}`, "inspecti", "-o", "json"];
  const says = saying(component);
  const { code, stderr, stdout } = await run([...command, image], { signal });
  if (code !== 0 && /no such image|not found/i.test(stderr)) {
    return [says("present", false, `${image} is not there: a pod would have to pull it`, [load])];
  }
  if (code !== 0) await must(run, [...command, image], signal);
  const value = readJson(stdout);
  const status = objectAt(value, "status");
  const spec = objectAt(objectAt(value, "info"), "imageSpec");
  const digests = [status?.id, ...arrayOf(status?.repoDigests)].map((one) =>
    String(one)
      .replace(/^.*@/, "")
      .replace(/^(?=[0-9a-f]{64}$)/, "sha256:"),
  );
  return [
    says("present", true, `${image} is ${digests.at(-1)}`),
    platformFinding(look, spec?.os, spec?.architecture),
    notLooked(component, "complete", "crictl does not show single contents"),
    status?.pinned === true
      ? says("pinned", true, "The kubelet does not collect it")
      : says("pinned", false, "Nothing keeps the kubelet from collecting it", [
          "set pause_image in /etc/crio/crio.conf.d (CRI-O pins what is configured since 1.28), then systemctl restart crio",
        ]),
    ...digestFinding(look, digests),
  ];
}

/** In Docker. @throws HiatusError `RUNTIME` when it cannot be asked. */
export async function lookIntoDocker(
  look: OtherLook & { readonly command: readonly string[] },
): Promise<readonly NodeFinding[]> {
  const { run, component, load, signal } = look;
  const image = plainName(look.image);
  const says = saying(component);
  const inspect = [...look.command, "image", "inspect", "--format", "{{json .}}", image];
  const { code, stdout, stderr } = await run(inspect, { signal });
  if (code !== 0 && /no such image/i.test(stderr)) {
    return [says("present", false, `${image} is not there: a pod would have to pull it`, [load])];
  }
  if (code !== 0) await must(run, inspect, signal);
  const found = readJson(stdout);
  const digests = [found.Id, ...arrayOf(found.RepoDigests)].map((one) =>
    String(one).replace(/^.*@/, ""),
  );
  return [
    says("present", true, `${image} is ${digests[0]}`),
    platformFinding(look, found.Os, found.Architecture),
    notLooked(component, "complete", "docker does not show single contents"),
    notLooked(
      component,
      "pinned",
      "Docker has no pins; cri-dockerd tells the kubelet what to keep",
    ),
    ...digestFinding(look, digests),
  ];
}

function platformFinding(
  { component, platforms, load }: OtherLook,
  os: unknown,
  architecture: unknown,
): NodeFinding {
  if (typeof os !== "string" || typeof architecture !== "string") {
    return notLooked(component, "platform", "The runtime does not say what it is for");
  }
  const says = saying(component);
  const wanted = platforms.map(formatPlatform).join(" or ");
  const isRight = platforms.some((one) => one.os === os && one.architecture === architecture);
  return isRight
    ? says("platform", true, `It is for ${os}/${architecture}`)
    : says("platform", false, `It is for ${os}/${architecture}, and the node is ${wanted}`, [load]);
}

function digestFinding(
  { component, expected, load }: OtherLook,
  digests: readonly string[],
): readonly NodeFinding[] {
  if (expected === undefined) return [];
  const isSame = digests.some((digest) => expected.digests.has(digest));
  const says = saying(component);
  return [
    isSame
      ? says("digest", true, `It is that of ${expected.name}`)
      : says("digest", false, `${digests[0]} is not that of ${expected.name}`, [load]),
  ];
}

function readJson(text: string): Record<string, unknown> {
  try {
    return (objectAt({ value: JSON.parse(text) as unknown }, "value") ?? {}) as Record<
      string,
      unknown
    >;
  } catch {
    return {};
  }
}

function objectAt(value: unknown, key: string): Record<string, unknown> | undefined {
  const inner = (value as Record<string, unknown> | undefined)?.[key];
  return typeof inner === "object" && inner !== null
    ? (inner as Record<string, unknown>)
    : undefined;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
