/**
 * The `Link` header, by which registries say where the next page of a list is.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 * @module
 */
import { HiatusError } from "../errors.ts";
import { HEADER_LIMIT, resolveLocation } from "./location.ts";

/**
 * The URL of the next page, or undefined when this is the last one.
 *
 * @param header the value of `Link`, as it came; several may stand in it.
 * @throws HiatusError `REGISTRY` when the header is too long, or leads to another origin.
 */
export function nextPage(header: string | undefined, request: URL): URL | undefined {
  if (header === undefined) return undefined;
  if (header.length > HEADER_LIMIT) throw refused(request, "is too long");
  const target = targetOf(header, "next");
  if (target === undefined) return undefined;
  const url = resolveLocation(target, request);
  if (url.origin !== request.origin) throw refused(request, `leads to ${url.origin}`);
  return url;
}

/** The target of the first link of a relation. Reads each character once. */
function targetOf(header: string, relation: string): string | undefined {
  // As zot 1.4 writes it; taken for no link, it would end the list there, and nobody would know.
  if (!header.includes("<")) {
    const [target = "", ...parameters] = header.split(";");
    const isMeant = parameters.some((one) => relationsOf(one).includes(relation));
    return isMeant && target.trim() !== "" ? target.trim() : undefined;
  }
  let at = 0;
  while (at < header.length) {
    const open = header.indexOf("<", at);
    const close = header.indexOf(">", open);
    if (open < 0 || close < 0) return undefined;
    const target = header.slice(open + 1, close);
    let isMeant = false;
    // Parameters end at a semicolon, and the last one at a comma.
    at = close + 1;
    do {
      const end = endOfParameter(header, at);
      isMeant ||= relationsOf(header.slice(at, end)).includes(relation);
      at = end + 1;
    } while (header[at - 1] === ";");
    if (isMeant) return target;
  }
  return undefined;
}

/** The next semicolon or comma that is in no quotes, or the end. */
function endOfParameter(header: string, start: number): number {
  let quoted = false;
  for (let at = start; at < header.length; at++) {
    const character = header[at];
    if (quoted && character === "\\") at++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === "," || character === ";")) return at;
  }
  return header.length;
}

function relationsOf(parameter: string): readonly string[] {
  const equals = parameter.indexOf("=");
  if (parameter.slice(0, Math.max(0, equals)).trim().toLowerCase() !== "rel") return [];
  const value = parameter.slice(equals + 1).trim();
  return value.replaceAll('"', "").toLowerCase().split(" ");
}

function refused(request: URL, why: string): HiatusError {
  return new HiatusError("REGISTRY", `${request.host} answers with a Link that ${why}`, {
    detail: { host: request.host },
    hint: "Ask whoever runs the registry, or the proxy in front of it, to mend its Link headers",
  });
}
