/**
 * Addresses of the page: `/`, `/r/NAME`, `/r/NAME:TAG`, `/r/NAME@DIGEST`. Names are checked against the grammar
 * before anything is opened by them.
 *
 * @module
 */
import { isDigest } from "../../oci/digest.ts";
import { isRepository } from "../../oci/reference.ts";
import { isTag } from "../../oci/tag.ts";

/** What an address asks for. `reference` is a tag or a digest. */
export type Route =
  | { readonly page: "home" }
  | { readonly page: "repository"; readonly name: string }
  | { readonly page: "image"; readonly name: string; readonly reference: string }
  | { readonly page: "unknown" };

/** Reads a path; undefined when it does not belong to the page. */
export function parseRoute(path: string): Route | undefined {
  if (path === "/") return { page: "home" };
  if (path === "/r" || path === "/r/") return { page: "unknown" };
  if (!path.startsWith("/r/")) return undefined;
  return parseName(decoded(path.slice("/r/".length))) ?? { page: "unknown" };
}

/** The address of a repository. */
export function repositoryPath(name: string): string {
  return `/r/${name}`;
}

/** The address of an image, by its tag or its digest. */
export function imagePath(name: string, reference: string): string {
  return `/r/${name}${isDigest(reference) ? "@" : ":"}${reference}`;
}

function parseName(text: string): Route | undefined {
  const at = text.search(/[:@]/);
  const name = at < 0 ? text : text.slice(0, at);
  if (!isRepository(name)) return undefined;
  if (at < 0) return { page: "repository", name };
  const reference = text.slice(at + 1);
  const fits = text[at] === "@" ? isDigest(reference) : isTag(reference);
  return fits ? { page: "image", name, reference } : undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
