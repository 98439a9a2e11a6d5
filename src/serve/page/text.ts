/**
 * Numbers and lists as a person reads them, the same whatever the locale of the host.
 *
 * @module
 */
import { MediaType } from "../../oci/media-type.ts";

/** `1,234`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 tag`, `2 tags`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `617 B`, `4.2 kB`, `31 MB`: powers of ten, as container tools count. */
export function formatSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  // 999.95 would be written as 1000.0.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** `617 B`, or `617 B to 4.2 kB`. */
export function formatRange(least: number, most: number): string {
  const [from, to] = [formatSize(least), formatSize(most)];
  return from === to ? to : `${from} to ${to}`;
}

/** The text, cut where a page would drown in it. */
export function cutText(text: string, limit: number): string {
  return text.length <= limit
    ? text
    : `${text.slice(0, limit)}… (${formatCount(text.length)} characters)`;
}

/** What a media type is called; its own name when it is none of ours. */
export function kindOf(mediaType: string): string {
  return KINDS[mediaType] ?? mediaType;
}

const KINDS: Readonly<Record<string, string>> = {
  [MediaType.ociIndex]: "OCI index",
  [MediaType.ociManifest]: "OCI manifest",
  [MediaType.dockerIndex]: "Docker manifest list",
  [MediaType.dockerManifest]: "Docker manifest",
};
