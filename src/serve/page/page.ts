/**
 * The page of the registry for a person: plain HTML made here, that works without a script and fetches nothing.
 *
 * `/` lists repositories, `/r/NAME` the tags of one, `/r/NAME:TAG` and `/r/NAME@DIGEST` show an image; with
 * `?raw=manifest` or `?raw=config` they give its documents byte for byte.
 *
 * @module
 */
import { isHiatusError } from "../../errors.ts";
import { isIndex } from "../../oci/document.ts";
import { homeView } from "./home.ts";
import { html } from "./html.ts";
import { imageView } from "./image.ts";
import { wantedOf } from "./listing.ts";
import { originOf } from "./origin.ts";
import { documentHeaders, htmlHeaders } from "./policy.ts";
import { createReader } from "./reader.ts";
import type { PageRepositories } from "./repositories.ts";
import { repositoryView } from "./repository.ts";
import { parseRoute, type Route } from "./route.ts";
import { renderView, type Setting, type View } from "./shell.ts";

export type { PageRepositories } from "./repositories.ts";

/** What the page says of the registry. */
export interface PageOptions {
  /** The version of hiatus, for the foot of the page. */
  readonly version?: string | undefined;
  /**
   * Can be pushed to it? The page itself never writes.
   * @default false
   */
  readonly writable?: boolean | undefined;
  /**
   * Does pulling need a name and a password?
   * @default false
   */
  readonly login?: boolean | undefined;
  /**
   * Where people reach the registry, for the commands, when a proxy stands in front of it: `https://registry.example`.
   * @default what the request was sent to
   */
  readonly origin?: string | URL | undefined;
  /**
   * Is told why something cannot be read; the page itself does not say, because that names places of the machine.
   * @default nobody is told
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Answers what belongs to the page; undefined for every other path. */
export type Page = (request: Request) => Promise<Response | undefined>;

/**
 * Makes the page.
 *
 * Errors that are not about content (the disk, an abort) are thrown as they came, for the registry to answer and log.
 */
export function createPage(repositories: PageRepositories, options: PageOptions = {}): Page {
  return async (request) => {
    const url = new URL(request.url);
    const route = parseRoute(url.pathname);
    if (route === undefined) return undefined;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    const setting = settingOf(url, options);
    const { body, ...init } = await answer(repositories, route, url, setting, request.signal);
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const headers = { ...init.headers, "content-length": String(bytes.byteLength) };
    return new Response(request.method === "HEAD" ? null : bytes, { ...init, headers });
  };
}

/** An answer before it is one. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

function settingOf(url: URL, options: PageOptions): Setting {
  const { version, writable = false, login = false, origin, onError = () => undefined } = options;
  const seen = originOf(origin === undefined ? url : new URL(origin));
  return { origin: seen, version, writable, login, onError };
}

async function answer(
  repositories: PageRepositories,
  route: Route,
  url: URL,
  setting: Setting,
  signal: AbortSignal,
): Promise<Answer> {
  const wanted = wantedOf(url.searchParams);
  const show = (view: View, status = 200): Answer => ({
    status,
    headers: htmlHeaders(),
    body: renderView(view, setting),
  });
  const reading = { signal, onError: setting.onError };
  if (route.page === "unknown") return show(notFound("There is no such page"), 404);
  if (route.page === "home") return show(await homeView(repositories, wanted, setting, signal));
  const { name } = route;
  const source = await repositories.open(name);
  if (source === undefined) return show(notFound(`There is no repository “${name}” here`), 404);
  try {
    if (route.page === "repository")
      return show(await repositoryView(name, source, wanted, reading));
    const { reference } = route;
    const descriptor = await source.resolve(reference, { signal });
    const reader = createReader(source, reading);
    const { page } = wanted;
    const image = { name, reference, descriptor, source, reader, page, signal };
    const document = url.searchParams.get("raw");
    if (document === null) return show(await imageView(image, setting));
    const found = await rawDocument(image, document);
    if (found !== undefined) return found;
  } catch (error) {
    if (isHiatusError(error, "CONTENT")) {
      setting.onError(error);
      return show(unreadable(name), 500);
    }
    if (!isHiatusError(error, "NOT_FOUND")) throw error;
  }
  return show(notFound(`There is no such image in ${name}`), 404);
}

/** A document of an image as it is; undefined when it has none of that name. */
async function rawDocument(
  { descriptor, reader }: Pick<Parameters<typeof imageView>[0], "descriptor" | "reader">,
  name: string,
): Promise<Answer | undefined> {
  let wanted = name === "manifest" ? descriptor : undefined;
  if (name === "config") {
    const document = await reader.document(descriptor);
    if (document.ok && !isIndex(document.value)) wanted = document.value.config;
  }
  const bytes = wanted && (await reader.bytes(wanted));
  return bytes?.ok
    ? { status: 200, headers: documentHeaders(), body: new Uint8Array(bytes.value) }
    : undefined;
}

function notFound(what: string): View {
  return {
    title: "Not found",
    crumbs: [{ text: "Repositories", href: "/" }, { text: "Not found" }],
    body: html`<div class="head"><h1>Not found</h1><p>${what}. It may have been deleted, or moved.</p></div>
<p><a href="/">See all repositories</a></p>`,
  };
}

function unreadable(name: string): View {
  return {
    title: "Cannot be read",
    crumbs: [{ text: "Repositories", href: "/" }, { text: name }],
    body: html`<div class="head"><h1>This cannot be read</h1><p>The content is damaged. The log of the registry says more.</p></div>
<p><a href="/">See all repositories</a></p>`,
  };
}
