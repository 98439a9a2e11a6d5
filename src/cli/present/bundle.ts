/**
 * What a bundle that was written shows: the file, its checksum, what is in it.
 *
 * @module
 */
import pc from "picocolors";
import type { Delta } from "../../bundle/delta.ts";
import type { WrittenBundle } from "../../bundle/write.ts";
import type { HiatusError } from "../../errors.ts";
import type { PreparedImage } from "../../release/prepare.ts";
import type { ClientEvent } from "../../remote/events.ts";
import type { BundleNames } from "../bundle-names.ts";
import { jsonLine } from "./json.ts";
import { jsonNotices, textNotices } from "./notices.ts";
import { printable } from "./printable.ts";
import { shortPath } from "./short-path.ts";
import { formatBytes } from "./table.ts";
import { countOf } from "./transfer-lines.ts";
import { tellChanges, tellUnlisted } from "./transfer-notices.ts";

/** How to show it. */
export interface BundleShow {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Shows a bundle. */
export interface BundlePresenter {
  readonly onConnection: (event: ClientEvent) => void;
  readonly onUnlisted: (error: HiatusError) => void;
  begin(image: PreparedImage): void;
  done(
    written: WrittenBundle,
    image: PreparedImage,
    names: BundleNames,
    delta: Delta | undefined,
  ): void;
}

/** Chooses how to show it: one JSON document, one digest, or lines. */
export function presentBundle(show: BundleShow): BundlePresenter {
  const notices = show.json ? jsonNotices() : textNotices();
  return {
    onConnection: (event) => notices.tellConnection(event),
    onUnlisted: (error) => tellUnlisted(notices, error),
    begin: (image) => tellChanges(notices, image),
    done(written, image, names, delta) {
      if (show.json) jsonLine(documentOf(written, image, names, delta));
      else if (show.quiet) process.stdout.write(`${written.digest}\n`);
      else process.stdout.write(`${linesOf(written, image, names, delta).join("\n")}\n`);
    },
  };
}

function linesOf(
  { file, size, digest, checksum, blobs, manifests }: WrittenBundle,
  { root, attachments }: PreparedImage,
  { repository, tags }: BundleNames,
  delta: Delta | undefined,
): readonly string[] {
  const [first, ...others] = tags;
  const more = others.length === 0 ? "" : ` and ${countOf(others.length, "more tag")}`;
  const name = first === undefined ? repository : `${repository}:${first}${more}`;
  const attached = attachments.length === 0 ? "" : `, ${attachments.length} attached`;
  const row = (label: string, text: string) => `  ${pc.dim(label.padEnd(8))} ${text}`;
  return [
    "",
    `${pc.bold(printable(shortPath(file)))}  ${formatBytes(size)} bytes`,
    row("file", digest),
    row("image", root.digest),
    row("called", printable(name)),
    row("holds", `${countOf(blobs, "blob")}, ${countOf(manifests, "manifest")}${attached}`),
    ...omittedRows(delta).map((text) => row("without", text)),
    row("checksum", printable(shortPath(checksum))),
    "",
  ];
}

function documentOf(
  { file, form, size, digest, checksum, blobs, manifests }: WrittenBundle,
  { root, attachments, changes }: PreparedImage,
  { repository, tags }: BundleNames,
  delta: Delta | undefined,
): Readonly<Record<string, unknown>> {
  const attached = attachments.map(({ descriptor, tag }) => ({ digest: descriptor.digest, tag }));
  return {
    type: "bundle",
    file,
    form,
    size,
    digest,
    checksum,
    image: { digest: root.digest, size: root.size, mediaType: root.mediaType },
    repository,
    tags,
    blobs,
    manifests,
    attached,
    changes,
    ...(delta === undefined ? {} : { since: delta.since, omitted: delta.omitted }),
  };
}

function omittedRows(delta: Delta | undefined): readonly string[] {
  if (delta === undefined) return [];
  const { omitted, since } = delta;
  return [
    omitted.length === 0
      ? `nothing: ${printable(since)} has none of it`
      : `${countOf(omitted.length, "blob")} that ${printable(since)} has`,
  ];
}
