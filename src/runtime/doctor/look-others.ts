/**
 * Is the pause image in CRI-O, or in Docker behind cri-dockerd: there, for this node, whole, kept by the kubelet, and the
 * expected one?
 *
 * @module
 */
import { formatPlatform, type Platform } from "../../oci/platform.ts";
import { plainName } from "../containerd-content.ts";
import { must, type Run } from "../runner.ts";
import { wrongInStorage } from "./container-storage.ts";
import { criImage, criImageFolder } from "./cri-image.ts";
import { wrongInArchive } from "./docker-archive.ts";
import { arrayOf, readJson } from "./json.ts";
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
  /** Of whoever speaks the CRI: CRI-O, or cri-dockerd. */
  readonly socket: string;
  readonly signal?: AbortSignal | undefined;
}

/** Into CRI-O. @throws HiatusError `RUNTIME` when it cannot be asked. */
export async function lookIntoCriO(look: OtherLook): Promise<readonly NodeFinding[]> {
  const { component, socket, load } = look;
  const image = plainName(look.image);
  const says = saying(component);
  const found = await criImage(look, image);
  if (found === undefined) {
    return [says("present", false, `${image} is not there: a pod would have to pull it`, [load])];
  }
  const { id, digests, pinned, os, architecture } = found;
  return [
    says("present", true, `${image} is ${digests[0] ?? id}`),
    platformFinding(look, os, architecture),
    await completeFinding(
      look,
      async () => wrongInStorage(await criImageFolder(look), id.replace("sha256:", "")),
      [`crictl --runtime-endpoint unix://${socket} rmi ${id.replace("sha256:", "")}`, load],
    ),
    pinned
      ? says("pinned", true, "CRI-O tells the kubelet to keep it")
      : says("pinned", false, "Nothing keeps the kubelet from collecting it", [
          "set pause_image in /etc/crio/crio.conf.d (CRI-O pins what is configured since 1.28), then systemctl restart crio",
        ]),
    ...digestFinding(look, [...digests, id]),
  ];
}

/** Into Docker. @throws HiatusError `RUNTIME` when it cannot be asked. */
export async function lookIntoDocker(
  look: OtherLook & { readonly command: readonly string[] },
): Promise<readonly NodeFinding[]> {
  const { run, component, command, load, signal } = look;
  const image = plainName(look.image);
  const says = saying(component);
  const inspect = [...command, "image", "inspect", "--format", "{{json .}}", image];
  const { code, stdout, stderr } = await run(inspect, { signal });
  if (code !== 0 && /no such image/i.test(stderr)) {
    return [says("present", false, `${image} is not there: a pod would have to pull it`, [load])];
  }
  if (code !== 0) await must(run, inspect, signal);
  const found = readJson(stdout);
  const digests = [found.Id, ...arrayOf(found.RepoDigests)].map((one) =>
    String(one).replace(/^.*@/, ""),
  );
  const save = async (): Promise<string | undefined> => {
    const saved = await run([...command, "image", "save", image], { signal });
    if (saved.code === 0) return wrongInArchive(saved.bytes);
    return `Docker cannot read it (${saved.stderr.trim().split("\n").at(-1)?.slice(0, 300)})`;
  };
  return [
    says("present", true, `${image} is ${digests[0]}`),
    platformFinding(look, found.Os, found.Architecture),
    await completeFinding(look, save, [
      `${command.join(" ")} image rm --force ${digests[0]}`,
      load,
    ]),
    await dockerPin(look, arrayOf(found.RepoTags).map(String)),
    ...digestFinding(look, digests),
  ];
}

/**
 * cri-dockerd calls pinned what Docker lists under the very text of its flag.
 *
 * @see https://github.com/Mirantis/cri-dockerd/blob/v0.3.17/core/image.go (isPinned)
 */
async function dockerPin(look: OtherLook, tags: readonly string[]): Promise<NodeFinding> {
  const { component, image, load, signal } = look;
  const says = saying(component);
  let pinned: boolean | undefined;
  try {
    pinned = (await criImage(look, image))?.pinned;
  } catch (error) {
    signal?.throwIfAborted();
    return notLooked(component, "pinned", `cri-dockerd was not asked: ${messageOf(error)}`);
  }
  if (pinned === undefined) return notLooked(component, "pinned", "cri-dockerd does not know it");
  if (pinned) return says("pinned", true, "cri-dockerd tells the kubelet to keep it");
  const [tag] = tags;
  const said = "Nothing keeps the kubelet from collecting it";
  if (tag === undefined) return says("pinned", false, `${said}: Docker has no tag on it`, [load]);
  if (tags.includes(image)) {
    return says("pinned", false, `${said}: this cri-dockerd runs with another image, or is old`, [
      "systemctl daemon-reload && systemctl restart cri-docker",
    ]);
  }
  return says("pinned", false, `${said}: cri-dockerd's flag must be as Docker lists it`, [
    `set --pod-infra-container-image=${tag} where it is set now`,
    "systemctl daemon-reload && systemctl restart cri-docker",
  ]);
}

/**
 * Neither runtime writes again what it believes to have. So the image has to go first, with each of its names, which it does
 * by its digest, and not while something runs from it.
 */
async function completeFinding(
  { component, signal }: OtherLook,
  look: () => Promise<string | undefined>,
  mend: readonly string[],
): Promise<NodeFinding> {
  const says = saying(component);
  try {
    const wrong = await look();
    return wrong === undefined
      ? says("complete", true, "All that it consists of is there, byte for byte")
      : says("complete", false, `It is damaged: ${wrong}; drain the node before you mend it`, mend);
  } catch (error) {
    signal?.throwIfAborted();
    return notLooked(component, "complete", messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
