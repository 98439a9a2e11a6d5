/**
 * One image: what a tag or a digest of a repository names.
 *
 * @module
 */
import type { Descriptor } from "../../oci/descriptor.ts";
import { isDigest } from "../../oci/digest.ts";
import { isIndex } from "../../oci/document.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { canListReferrers, type Source } from "../../store/source.ts";
import { type Facts, isImageConfig, readFacts } from "./facts.ts";
import { type Content, type Html, html } from "./html.ts";
import {
  annotationsCard,
  configCard,
  layersCard,
  platformsCard,
  referrersCard,
} from "./image-cards.ts";
import { REFERRERS_LIMIT } from "./limits.ts";
import { card, copyable } from "./parts.ts";
import { pullCard } from "./pull-card.ts";
import { attempt, type Read, type Reader } from "./reader.ts";
import { imagePath, repositoryPath } from "./route.ts";
import type { Setting, View } from "./shell.ts";
import { formatCount, formatRange, kindOf, plural } from "./text.ts";

/** Which image it is, and where it is read from. */
export interface ImageRequest {
  readonly name: string;
  /** A tag or a digest. */
  readonly reference: string;
  readonly descriptor: Descriptor;
  readonly source: Source;
  readonly reader: Reader;
  /** Which page of the platforms, from 1. */
  readonly page: number;
  readonly signal: AbortSignal;
}

/** Makes the page. */
export async function imageView(request: ImageRequest, setting: Setting): Promise<View> {
  const { name, reference, descriptor, reader } = request;
  const facts = await readFacts(reader, descriptor);
  const title = isDigest(reference) ? `${name}@${reference.slice(0, 19)}…` : `${name}:${reference}`;
  return {
    title,
    crumbs: [
      { text: "Repositories", href: "/" },
      { text: name, href: repositoryPath(name) },
      { text: isDigest(reference) ? `${reference.slice(0, 19)}…` : reference },
    ],
    body: html`<div class="head"><h1>${title}</h1><p>${summary(facts)}</p></div>
${!facts.document.ok && html`<div class="notice"><p>This manifest cannot be shown. ${facts.document.why}.</p></div>`}
${about(request, facts)}
${facts.platforms.length > 0 && pullCard(name, reference, descriptor, setting)}
${facts.document.ok && (await contents(request, facts.document.value))}
${referrersCard(name, await readReferrers(request, setting))}`,
  };
}

/** What kind of thing it is, in a sentence. */
function summary({ document, platforms, descriptor }: Facts): string {
  if (!document.ok) return kindOf(descriptor.mediaType);
  const { value } = document;
  if (isIndex(value)) {
    return platforms.length > 0
      ? `An image for ${plural(platforms.length, "platform")}`
      : `An index of ${plural(value.manifests.length, "manifest")}`;
  }
  if (platforms.length > 0) return `An image for ${platforms[0]}`;
  return `An artifact of type ${value.artifactType ?? value.config.mediaType}`;
}

function about({ name, reference }: ImageRequest, { document, descriptor, weight }: Facts): Html {
  const { digest, mediaType, size } = descriptor;
  const path = imagePath(name, reference);
  const value = document.ok ? document.value : undefined;
  const config = value !== undefined && !isIndex(value) ? value.config : undefined;
  const byDigest = isDigest(reference) ? undefined : imagePath(name, digest);
  const rows: readonly (readonly [string, Content])[] = [
    ["Digest", html`<span class="full">${copyable(digest, "the digest", byDigest)}</span>`],
    ["Media type", html`<code>${mediaType}</code>`],
    ["Artifact type", value?.artifactType && html`<code>${value.artifactType}</code>`],
    [
      "Download",
      weight && `${formatRange(weight.least, weight.most)} for one platform, compressed`,
    ],
    ["Manifest", `${formatCount(size)} bytes`],
    ["Refers to", value?.subject && subjectLink(name, value.subject)],
    [
      "Documents",
      html`<span class="raw"><a href="${path}?raw=manifest">${value !== undefined && isIndex(value) ? "Index" : "Manifest"} as JSON</a>
${config && html`<a href="${path}?raw=config">Config as JSON</a>`}</span>`,
    ],
  ];
  const entries = rows.map(([term, value]) => value && html`<dt>${term}</dt><dd>${value}</dd>`);
  return card(
    { id: "about", title: "About" },
    html`<div class="inside"><dl class="facts">${entries}</dl></div>`,
  );
}

function subjectLink(name: string, subject: Descriptor): Html {
  return html`<span class="full">${copyable(subject.digest, "the digest of the subject", imagePath(name, subject.digest))}</span>`;
}

async function contents(
  request: ImageRequest,
  document: Manifest | Parameters<typeof platformsCard>[1],
): Promise<Content> {
  const { name, reader } = request;
  if (isIndex(document)) {
    return [
      await platformsCard(request, document),
      annotationsCard("annotations", "Annotations", document.annotations),
    ];
  }
  const config = isImageConfig(document.config) ? await reader.config(document.config) : undefined;
  return [
    configCard(document.config, config),
    layersCard(name, document),
    annotationsCard("annotations", "Annotations", document.annotations),
  ];
}

/** What refers to it, one more than is shown, so that the list knows that there are more. */
function readReferrers(
  { source, descriptor, signal }: ImageRequest,
  { onError }: Setting,
): Promise<Read<Descriptor[]>> {
  return attempt(async () => {
    const found: Descriptor[] = [];
    if (!canListReferrers(source)) return found;
    for await (const referrer of source.referrers(descriptor, { signal, damaged: "leave out" })) {
      found.push(referrer);
      if (found.length > REFERRERS_LIMIT) break;
    }
    return found;
  }, onError);
}
