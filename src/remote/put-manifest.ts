/**
 * Putting manifests and tags, and reading from a refusal what is missing.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 * @module
 */
import { HiatusError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { childrenOf } from "../oci/document.ts";
import { knownDocument } from "../oci/known-document.ts";
import type { Index, Manifest } from "../oci/manifest.ts";
import { incomplete } from "../store/errors.ts";
import type { StoreOptions } from "../store/source.ts";
import { AnswerLimit, complaintsOf, errorOfAnswer, readBody } from "./answer.ts";
import { lookUp } from "./manifests.ts";
import { hintAgainst } from "./objections.ts";
import { manifestPath } from "./read-manifest.ts";
import { type Ask, ask, persist, pushedNow, questionOf, type Remote } from "./remote.ts";
import { isTaken, taken } from "./session.ts";
import type { HttpResponse } from "./transport.ts";

/** How a manifest is put. */
export interface PutOptions extends StoreOptions {
  /** Only while the tag names this, or nothing (null); where the registry knows conditions. */
  readonly replacing?: Digest | null | undefined;
}

/** What came of putting a manifest. */
export interface Put {
  /** Does the registry list it with its subject? Undefined when it has none, or when nobody said. */
  readonly listed: boolean | undefined;
}

/**
 * Puts a manifest under its digest or under a tag.
 *
 * @throws HiatusError `CONTENT` when it is not of its media type; `INCOMPLETE` when the registry lacks what it names, with
 * those digests in `detail.missing`; `REGISTRY` when the tag must not be moved; what else the registry says.
 */
export async function putManifest(
  remote: Remote,
  descriptor: Descriptor,
  bytes: Uint8Array,
  reference: string,
  options: PutOptions,
): Promise<Put> {
  const document = knownDocument(descriptor, bytes);
  const request: Ask = {
    method: "PUT",
    target: manifestPath(reference),
    headers: { "content-type": descriptor.mediaType, ...condition(remote, options.replacing) },
    body: bytes,
  };
  const put = async (): Promise<Put> => {
    const response = await ask(remote, request, options);
    if (!isTaken(response)) {
      throw await meaning(remote, response, request, descriptor, document, reference);
    }
    const subject = response.headers.get("oci-subject")?.trim();
    taken(remote, descriptor, response);
    if (document.subject === undefined) return { listed: undefined };
    const listed = subject === document.subject.digest;
    if (listed) remote.knowledge.referrers = true;
    return { listed };
  };
  const look = async (): Promise<Put | undefined> => {
    const found = await lookUp(remote, reference, options);
    return found?.digest === descriptor.digest ? { listed: undefined } : undefined;
  };
  const result = await persist(remote, put, look, options);
  pushedNow(remote, descriptor.digest);
  pushedNow(remote, reference);
  return result;
}

/** Codes for content that a manifest names and that is not there. An index names manifests. */
const MISSING: readonly string[] = ["BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN"];

async function meaning(
  remote: Remote,
  response: HttpResponse,
  request: Ask,
  descriptor: Descriptor,
  document: Manifest | Index,
  reference: string,
): Promise<HiatusError> {
  const question = questionOf(remote, request);
  const bytes = await readBody(response, AnswerLimit.error, question).catch(() => new Uint8Array());
  const complaints = complaintsOf(bytes);
  const error = errorOfAnswer(response.status, complaints, question);
  if (complaints.some(({ code }) => MISSING.includes(code))) {
    const text = new TextDecoder().decode(bytes);
    const children = childrenOf(document);
    const named = children.filter(({ digest }) => text.includes(digest));
    // Where it does not say which ones, it may be any.
    const missing = named.length > 0 ? named : children;
    const gap = incomplete(descriptor, missing, remote.name);
    return new HiatusError("INCOMPLETE", gap.message, {
      detail: { ...error.detail, ...gap.detail },
      ...(gap.hint === undefined ? {} : { hint: gap.hint }),
      cause: error,
    });
  }
  if (response.status === 412 && request.headers && isConditional(request.headers)) {
    return new HiatusError("RACE", `Somebody else moved the tag "${reference}" of ${remote.name}`, {
      detail: { ...error.detail, tag: reference },
      hint: "Look at what it names now, then run it again",
      cause: error,
    });
  }
  const said = complaints.map(({ code, message }) => `${code} ${message}`).join(" ");
  if (!isDigest(reference) && isImmutable(response.status, said)) {
    return new HiatusError(
      "REGISTRY",
      `The tag "${reference}" of ${remote.name} cannot be moved: ${error.message}`,
      {
        detail: { ...error.detail, tag: reference, immutable: true },
        hint: "Use a tag that is not taken, or let the owner of the registry lift its rule on immutable tags",
        cause: error,
      },
    );
  }
  const isShapeRefused = [400, 404, 406, 415, 422].includes(response.status);
  const hint = isShapeRefused ? hintAgainst(document) : undefined;
  if (hint === undefined) return error;
  const { code, message, detail } = error;
  return new HiatusError(code, message, { detail, hint, cause: error });
}

/** Is a tag of this repository moved only from what we say that it names? */
export function obeysConditions({ knowledge, repository }: Remote): boolean {
  return knowledge.conditionalTags.has(repository);
}

/** The condition under which a tag is put, for registries that obey one. */
function condition(
  remote: Remote,
  replacing: Digest | null | undefined,
): Readonly<Record<string, string>> {
  if (replacing === undefined || !obeysConditions(remote)) return {};
  return replacing === null ? { "if-none-match": "*" } : { "if-match": `"${replacing}"` };
}

function isConditional(headers: Readonly<Record<string, string>>): boolean {
  return "if-match" in headers || "if-none-match" in headers;
}

/** ECR says 400 TAG_INVALID, Harbor 412, others 403 or 409; the word is what they have in common. */
function isImmutable(status: number, said: string): boolean {
  if (![400, 403, 405, 409, 412, 423].includes(status)) return false;
  return status === 409 || /immutable|immutability|overwrit|already exists/i.test(said);
}
