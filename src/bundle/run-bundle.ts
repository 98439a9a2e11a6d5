/**
 * From an archive's contents to the script that carries them.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { referrersTag } from "../oci/tag.ts";
import { RUN_LIMIT } from "../store/run-file.ts";
import type { ArchivedImage, Contents, ContentsOptions } from "./contents.ts";
import type { RunItem } from "./run/content.ts";
import { runScript } from "./run/run-script.ts";

/**
 * The script of a bundle.
 *
 * @param archive the gzipped tar.
 * @throws HiatusError `USAGE` when the bundle cannot be a script; what `runScript` throws.
 */
export function runOf(
  archive: Uint8Array,
  { root, attachments }: ArchivedImage,
  { plan, images, version }: Contents,
  { repository, tags, annotations }: ContentsOptions,
): Uint8Array {
  if (annotations !== undefined) {
    throw refusal("it leaves something out", "Write a .tar.gz, and seed it");
  }
  const [first] = tags;
  if (first === undefined) throw refusal("its image has no tag", "Give it one with --tag");
  const tagOf = new Map(attachments.map(({ descriptor, tag }) => [descriptor.digest, tag]));
  // A tag that lists referrers already came along as it was.
  const isListed = ({ digest }: Descriptor) => [...tagOf.values()].includes(referrersTag(digest));
  const referrers = attachments
    .filter(({ tag, subject }) => tag === undefined && !isListed(subject))
    .map(({ subject, descriptor }) => ({ subject: subject.digest, descriptor }))
    .sort((a, b) => (a.subject < b.subject ? -1 : Number(a.subject > b.subject)));
  const contents: readonly RunItem[] = [
    ...plan.blobs.map((descriptor) => ({ kind: "blob", descriptor }) as const),
    ...plan.levels.flat().map(({ descriptor }) => {
      return { kind: "manifest", descriptor, tag: tagOf.get(descriptor.digest) } as const;
    }),
  ];
  const name = repository?.slice(repository.lastIndexOf("/") + 1) ?? "image";
  const script = runScript({
    name,
    version: version ?? first,
    repository,
    tags,
    root,
    platforms: images.map(({ descriptor, manifest: { config, layers }, platform }) => {
      return { platform, manifest: descriptor, config, layers };
    }),
    contents,
    referrers,
    archive,
  });
  if (script.byteLength <= RUN_LIMIT) return script;
  throw refusal(`it has more than ${RUN_LIMIT} bytes`, "Write a .tar");
}

function refusal(why: string, hint: string): HiatusError {
  return new HiatusError("USAGE", `The bundle cannot be a script: ${why}`, { hint });
}
