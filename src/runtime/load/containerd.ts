/**
 * Into containerd by `ctr`, or into the one inside of k3s by `k3s ctr`. It keeps the index. After an import the CRI knows no
 * digest and there is no pin, so both are made here, name by name.
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.38/cmd/ctr/commands/images/import.go
 * @see https://github.com/containerd/containerd/blob/v1.6.38/pkg/cri/store/image/image.go (update: since when a pin that is
 *   set later is seen by the CRI; 1.6.20 has it not)
 * @see https://github.com/kubernetes/kubernetes/issues/81756 (a node without its pause image dies)
 * @module
 */
import { parsePlatform } from "../../oci/platform.ts";
import {
  type Ctr,
  type ListedImage,
  listContainerd,
  PIN,
  plainName,
  readClosure,
} from "../containerd-content.ts";
import { must } from "../runner.ts";
import type { Held, Importer, NodeImage } from "./importer.ts";

/** An importer for it. @param ctr from `ctrOf`; the kubelet's namespace is `k8s.io`. */
export function containerdImporter(ctr: Ctr): Importer {
  const { run, command } = ctr;
  const importing = (file: string, { whole, platform }: NodeImage): readonly string[] => [
    ...[...command, "images", "import"],
    ...(whole ? ["--all-platforms"] : ["--platform", platform]),
    file,
  ];
  return {
    keepsIndex: true,
    limits: [
      "Older releases of containerd 1.6 and 1.7 (1.6.20 is one) tell the kubelet of a pin only when they start: systemctl restart containerd, which no pod notices",
    ],
    plan: (file, image) => [
      importing(file, image).join(" "),
      ...byDigest(image).map(({ name, from }) => `${command.join(" ")} images tag ${from} ${name}`),
      ...allNames(image).map((name) => `${command.join(" ")} images label ${name} ${PIN}`),
    ],
    async look(_, image, signal) {
      const names = allNames(image);
      const listed = await listContainerd(ctr, names, signal);
      const root = listed.find(({ digest }) => digest === image.root);
      const lacks = root === undefined ? [] : await lackingOf(ctr, root, image, signal);
      return names.map((name) => heldOf(name, listed, image, lacks));
    },
    async take(file, image, signal) {
      await must(run, importing(file, image), signal);
      for (const { name, from } of byDigest(image)) {
        await must(run, [...command, "images", "tag", "--force", from, name], signal);
      }
      for (const name of allNames(image)) {
        await must(run, [...command, "images", "label", name, PIN], signal);
      }
    },
  };
}

/** `repository@digest`, by which nothing finds the image after an import. */
function byDigest({
  repository,
  root,
  names,
}: NodeImage): readonly { name: string; from: string }[] {
  const [from] = names;
  return from === undefined ? [] : [{ name: plainName(`${repository}@${root}`), from }];
}

function allNames(image: NodeImage): readonly string[] {
  return [...image.names.map(plainName), ...byDigest(image).map(({ name }) => name)];
}

async function lackingOf(
  ctr: Ctr,
  root: ListedImage,
  image: NodeImage,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { missing, damaged, manifest } = await readClosure(
    ctr,
    root,
    [parsePlatform(image.platform)],
    "manifests",
    signal,
  );
  return [
    ...(missing.length > 0 ? [`lacks ${missing.join(", ")}`] : []),
    ...(damaged.length > 0 ? [`has other bytes for ${damaged.join(", ")}`] : []),
    ...(manifest === image.manifest ? [] : [`has no ${image.platform}`]),
  ];
}

function heldOf(
  name: string,
  listed: readonly ListedImage[],
  { root }: NodeImage,
  lacks: readonly string[],
): Held {
  const found = listed.find((one) => one.name === name);
  if (found === undefined) {
    return { name, digest: undefined, pinned: undefined, wrong: "is not there" };
  }
  const { digest, pinned } = found;
  const wrong = [
    ...(digest === root ? lacks : [`is ${digest}`]),
    ...(pinned ? [] : ["is not pinned"]),
  ];
  return { name, digest, pinned, wrong: wrong.length === 0 ? undefined : wrong.join(" and ") };
}
