/**
 * What the CRI says of an image, by `crictl`, as the kubelet would ask.
 *
 * @see https://github.com/kubernetes-sigs/cri-tools/blob/v1.34.0/docs/crictl.md (inspecti, imagefsinfo)
 * @module
 */
import { must, type Run } from "../runner.ts";
import { arrayOf, objectAt, readJson } from "./json.ts";

/** Whom to ask. */
export interface CriAsked {
  readonly run: Run;
  /** Path of its socket. */
  readonly socket: string;
  readonly signal?: AbortSignal | undefined;
}

/** An image as the CRI knows it. */
export interface CriImage {
  /** Digest of its config. */
  readonly id: string;
  /** Those by which it was named, without names; the index before the manifest. */
  readonly digests: readonly string[];
  /** Its names as the runtime writes them. */
  readonly tags: readonly string[];
  readonly pinned: boolean;
  /** Undefined where the runtime does not say it. */
  readonly os: unknown;
  readonly architecture: unknown;
}

/** The image of a name; undefined when there is none. @throws HiatusError `RUNTIME` when it cannot be asked. */
export async function criImage(asked: CriAsked, image: string): Promise<CriImage | undefined> {
  const command = [...crictl(asked), "inspecti", "-o", "json", image];
  const { run, signal } = asked;
  const { code, stderr, stdout } = await run(command, { signal });
  if (code !== 0 && /no such image|not found/i.test(stderr)) return undefined;
  if (code !== 0) await must(run, command, signal);
  const value = readJson(stdout);
  const status = objectAt(value, "status");
  const spec = objectAt(objectAt(value, "info"), "imageSpec");
  return {
    id: String(status?.id).replace(/^(?=[0-9a-f]{64}$)/, "sha256:"),
    digests: arrayOf(status?.repoDigests).map((one) => String(one).replace(/^.*@/, "")),
    tags: arrayOf(status?.repoTags).map(String),
    pinned: status?.pinned === true,
    os: spec?.os,
    architecture: spec?.architecture,
  };
}

/** Where it stores images. @throws HiatusError `RUNTIME` when it cannot be asked, Error when it does not say. */
export async function criImageFolder(asked: CriAsked): Promise<string> {
  const command = [...crictl(asked), "imagefsinfo", "-o", "json"];
  const { stdout } = await must(asked.run, command, asked.signal);
  const [first] = arrayOf(objectAt(readJson(stdout), "status")?.imageFilesystems);
  const folder = objectAt(first, "fsId")?.mountpoint;
  if (typeof folder === "string" && folder.startsWith("/")) return folder;
  throw new Error("crictl does not say where images are stored");
}

function crictl({ socket }: CriAsked): readonly string[] {
  return ["crictl", "--runtime-endpoint", `unix://${socket}`];
}
