/**
 * Where an image goes: a repository, a layout or an archive.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { HiatusError, isHiatusError } from "../errors.ts";
import type { CopyPlan } from "../graph/plan.ts";
import { planCopy } from "../graph/plan.ts";
import { formatReference, parseReference } from "../oci/reference.ts";
import type { LocalTarget, RegistryTarget, Target } from "../oci/target.ts";
import type { PreparedImage } from "../release/prepare.ts";
import {
  planSend,
  type SendOptions,
  type SendPlan,
  type Sent,
  sendImage,
} from "../release/send.ts";
import type { Archive } from "../store/archive.ts";
import type { Store } from "../store/source.ts";
import type { OpenedSource } from "./open.ts";

/** A place that an image can be sent to. */
export interface Destination {
  send(image: PreparedImage, options: SendOptions): Promise<Sent>;
  /** What `send` would do. Nothing is written. */
  plan(image: PreparedImage, options: SendOptions): Promise<SendPlan>;
}

/** What a destination depends on. */
export interface DestinationOptions {
  /** Where the image comes from: its name there is its name in a layout or an archive. */
  readonly source: Pick<OpenedSource, "target" | "root">;
  readonly connect: (target: RegistryTarget) => Promise<Store>;
}

/** Opens a destination. A layout is made when it is first written to. */
export async function openDestination(
  target: Target,
  { source, connect }: DestinationOptions,
): Promise<Destination> {
  if (target.kind === "registry") {
    const store = await connect(target);
    const mountFrom = neighbourOf(target, source.target);
    return {
      send: (image, options) => sendImage(image, store, { ...options, mountFrom }),
      plan: (image, options) => planSend(image, store, options),
    };
  }
  const repository = repositoryOf(source);
  return target.kind === "oci"
    ? layoutDestination(target, repository)
    : archiveDestination(target, repository);
}

/** Another repository of the same registry, from which blobs can be mounted. */
function neighbourOf(to: RegistryTarget, from: Target): string | undefined {
  const same = from.kind === "registry" && from.registry === to.registry;
  return same && from.repository !== to.repository ? from.repository : undefined;
}

/** What the image is called, without a tag: `registry.k8s.io/pause`. */
export function repositoryOf({ target, root }: DestinationOptions["source"]): string | undefined {
  if (target.kind === "registry") {
    const { registry, repository } = target;
    return formatReference({ registry, repository });
  }
  const name = root.annotations?.["io.containerd.image.name"];
  try {
    const { registry, repository } = parseReference(name ?? "");
    return formatReference({ registry, repository });
  } catch (error) {
    if (isHiatusError(error)) return undefined;
    throw error;
  }
}

async function layoutDestination(
  { path }: LocalTarget,
  repository: string | undefined,
): Promise<Destination> {
  const { createLayout, openLayout } = await import("../store/layout.ts");
  const { nameOf } = await import("../bundle/contents.ts");
  return {
    async send(image, options) {
      const layout = await createLayout(path);
      const store: Store = {
        fetch: (descriptor, how) => layout.fetch(descriptor, how),
        exists: (descriptor, how) => layout.exists(descriptor, how),
        resolve: (reference, how) => layout.resolve(reference, how),
        tags: (how) => layout.tags(how),
        push: (descriptor, content, how) => layout.push(descriptor, content, how),
        tag(descriptor, tag, how) {
          const isImage = descriptor.digest === image.root.digest;
          const annotations = isImage ? nameOf(repository, tag) : undefined;
          return layout.tag(descriptor, tag, { ...how, ...(annotations && { annotations }) });
        },
      };
      return sendImage(image, store, options);
    },
    async plan(image, options) {
      if (!existsSync(path)) return planAll(image, options);
      return planSend(image, await openLayout(path), options);
    },
  };
}

async function archiveDestination(
  target: LocalTarget,
  repository: string | undefined,
): Promise<Destination> {
  const file = resolve(target.path);
  const { formOfName } = await import("../bundle/form.ts");
  if ((formOfName(file) ?? "tar") !== "tar") {
    throw new HiatusError("USAGE", `"${target.path}" would be a plain tar by a wrong name`, {
      hint: "Name it .tar; compressed ones are written by: hiatus bundle FROM --out FILE",
    });
  }
  const { archiveImage } = await import("../bundle/archive.ts");
  return {
    async send(image, options) {
      const { moves } = await planBeside(file, image, options);
      options.onProgress?.({ type: "found", moves });
      const { blobs, manifests, size } = await archiveImage(file, image, {
        ...options,
        repository,
      });
      return { status: "sent", moves, blobs, manifests, bytes: size, attachmentError: undefined };
    },
    plan: (image, options) => planBeside(file, image, options),
  };
}

/** An archive is always written anew; what it names now is only told. */
async function planBeside(
  file: string,
  image: PreparedImage,
  options: SendOptions,
): Promise<SendPlan> {
  const all = await planAll(image, options);
  if (!existsSync(file)) return all;
  let archive: Archive;
  try {
    const { openArchive } = await import("../store/archive.ts");
    archive = await openArchive(file, { signal: options.signal });
  } catch (error) {
    if (!isHiatusError(error, "CONTENT")) throw error;
    throw new HiatusError("USAGE", `"${file}" is no archive of images, so it is not replaced`, {
      cause: error,
      detail: { file },
      hint: "Move it away, or name another file",
    });
  }
  try {
    const { moves } = await planSend(image, archive, options);
    return { moves, plan: all.plan };
  } finally {
    archive.close();
  }
}

/** The plan for a place where nothing is. */
async function planAll(image: PreparedImage, options: SendOptions): Promise<SendPlan> {
  const { root, attachments, source } = image;
  const roots = [root, ...attachments.map(({ descriptor }) => descriptor)];
  const plan: CopyPlan = await planCopy(source, undefined, roots, { signal: options.signal });
  const after = root.digest;
  return { plan, moves: options.tags.map((tag) => ({ tag, before: undefined, after })) };
}
