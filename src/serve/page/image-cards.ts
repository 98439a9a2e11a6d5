/**
 * The contents of an image, a card each: platforms, config, layers, annotations, referrers.
 *
 * @module
 */
import type { Annotations, Descriptor } from "../../oci/descriptor.ts";
import type { ImageConfig, Index, Manifest } from "../../oci/manifest.ts";
import { formatPlatform } from "../../oci/platform.ts";
import { platformText, readWeight, runs } from "./facts.ts";
import { type Content, type Html, html } from "./html.ts";
import type { ImageRequest } from "./image.ts";
import { PLATFORMS_A_PAGE, REFERRERS_LIMIT, ROWS_LIMIT } from "./limits.ts";
import { pageOf } from "./listing.ts";
import { card, copyable, foreign, pageLinks, type Row, table } from "./parts.ts";
import type { Read } from "./reader.ts";
import { imagePath } from "./route.ts";
import { formatCount, formatSize, kindOf, plural } from "./text.ts";

/** The children of an index: what runs, and what is attached to it. */
export async function platformsCard(request: ImageRequest, index: Index): Promise<Html> {
  const { name, reference, reader, page } = request;
  const listing = pageOf(index.manifests, page, PLATFORMS_A_PAGE);
  const rows: Row[] = [];
  for (const child of listing.items) {
    const weight = await readWeight(reader, child);
    const what = runs(child) ? platformText(child.platform) : "attestation";
    rows.push({
      cells: [
        html`<a href="${imagePath(name, child.digest)}">${what}</a>`,
        weight === undefined ? html`<span class="dim">–</span>` : formatSize(weight),
        copyable(child.digest, `the digest for ${what}`),
      ],
    });
  }
  const columns = [
    { title: "Platform" },
    { title: "Download", class: "number" },
    { title: "Digest", class: "cell broad" },
  ];
  return card(
    {
      id: "platforms",
      title: "Platforms",
      count: html`<p>${plural(index.manifests.length, "manifest")}</p>`,
    },
    rows.length > 0 && table("Platforms of this image", columns, rows),
    pageLinks(imagePath(name, reference), { filter: "", page }, listing),
  );
}

/** The config: how the image runs, or what else it is. */
export function configCard(descriptor: Descriptor, config: Read<ImageConfig> | undefined): Html {
  const rows: (readonly [string, Content])[] = config?.ok ? configFacts(config.value) : [];
  rows.push(
    ["Media type", html`<code>${descriptor.mediaType}</code>`],
    ["Size", `${formatCount(descriptor.size)} bytes`],
    [
      "Digest",
      html`<span class="full">${copyable(descriptor.digest, "the digest of the config")}</span>`,
    ],
  );
  const entries = rows.map(([term, value]) => value && html`<dt>${term}</dt><dd>${value}</dd>`);
  const labels = config?.ok ? config.value.config.Labels : undefined;
  return html`${card(
    { id: "config", title: "Config" },
    html`<div class="inside">${config?.ok === false && html`<p>It cannot be shown. ${config.why}.</p>`}<dl class="facts">${entries}</dl></div>`,
  )}${annotationsCard("labels", "Labels", labels)}`;
}

function configFacts(config: ImageConfig): (readonly [string, Content])[] {
  const { User, Entrypoint } = config.config;
  return [
    ["Platform", formatPlatform(config)],
    ["Created", config.created],
    ["User", User === undefined || User === "" ? "root, because none is set" : foreign(User)],
    ["Entry point", Entrypoint && html`<code>${foreign(JSON.stringify(Entrypoint))}</code>`],
  ];
}

/** The layers, bottom first. */
export function layersCard(name: string, { layers }: Manifest): Html {
  const rows = layers.slice(0, ROWS_LIMIT).map((layer, i) => ({
    cells: [
      `${i + 1}`,
      html`<code>${layer.mediaType}</code>`,
      formatSize(layer.size),
      copyable(layer.digest, `the digest of layer ${i + 1}`),
    ],
  }));
  const columns = [
    { title: "Layer" },
    { title: "Media type" },
    { title: "Size", class: "number" },
    { title: "Digest", class: "cell" },
  ];
  return card(
    {
      id: "layers",
      title: "Layers",
      count: html`<p>${plural(layers.length, "layer")}, bottom first</p>`,
    },
    rows.length > 0 && table(`Layers of ${name}`, columns, rows),
    more(layers.length, ROWS_LIMIT),
  );
}

/** Free text by keys; nothing where there is none. */
export function annotationsCard(
  id: string,
  title: string,
  annotations: Annotations | undefined,
): Html | undefined {
  const entries = Object.entries(annotations ?? {});
  if (entries.length === 0) return undefined;
  const rows = entries.slice(0, ROWS_LIMIT).map(([key, value]) => ({
    cells: [html`<code>${foreign(key)}</code>`, foreign(value)],
  }));
  return card(
    { id, title },
    table(title, [{ title: "Key", class: "key" }, { title: "Value" }], rows),
    more(entries.length, ROWS_LIMIT),
  );
}

/** Signatures, SBOMs and whatever else names the image as its subject; nothing where there is none. */
export function referrersCard(name: string, read: Read<readonly Descriptor[]>): Html | undefined {
  if (!read.ok) {
    const why = html`<div class="inside"><p>They cannot be listed. ${read.why}.</p></div>`;
    return card({ id: "referrers", title: "Referrers" }, why);
  }
  const referrers = read.value;
  if (referrers.length === 0) return undefined;
  const rows = referrers.slice(0, REFERRERS_LIMIT).map((referrer, i) => ({
    cells: [
      html`<a href="${imagePath(name, referrer.digest)}">${referrer.artifactType ?? kindOf(referrer.mediaType)}</a>`,
      copyable(referrer.digest, `the digest of referrer ${i + 1}`),
    ],
  }));
  const columns = [{ title: "Type" }, { title: "Digest", class: "cell broad" }];
  return card(
    {
      id: "referrers",
      title: "Referrers",
      aside: html`<p>Signatures, SBOMs and other documents about this image</p>`,
    },
    table("What refers to this image", columns, rows),
    referrers.length > REFERRERS_LIMIT &&
      html`<p class="note">There are more than ${REFERRERS_LIMIT}.</p>`,
  );
}

function more(count: number, limit: number): Html | undefined {
  return count > limit
    ? html`<p class="note">The first ${limit} of ${formatCount(count)}. The document has them all.</p>`
    : undefined;
}
