/** What a fake registry does differently from the specification: one switch for each thing that real ones do. */
import type { Handler } from "../handler-transport.ts";

/** An answer to a blob upload whose statuses are a matter of taste. */
export interface UploadStatuses {
  readonly post: number;
  readonly patch: number;
  readonly put: number;
}

/** The switches. The default is the specification, version 1.1. */
export interface Behaviour {
  /** Does one POST with the bytes do? "ignored" begins an upload instead, a number is the status of a refusal. */
  readonly singlePost: true | "ignored" | number;
  /** Statuses of uploads that went well: of POST where it is all, of PATCH, of PUT. */
  readonly taken: UploadStatuses;
  /** May PUT carry the bytes? */
  readonly putsBytes: boolean;
  /** Does it know PATCH? */
  readonly patches: boolean;
  /** What becomes of a second PATCH: taken, taken but said not to be, forgotten, refused. */
  readonly secondPatch: "taken" | "unsaid" | "forgotten" | "refused";
  /** Does `Range` of a PATCH answer count from the chunk? */
  readonly rangeOfChunk: boolean;
  /** Most bytes of a PATCH. */
  readonly patchLimit: number;
  /** Least bytes of a PATCH that is not the last, said by `OCI-Chunk-Min-Length`. */
  readonly patchLeast: number;
  /** Writes the `Location` of an upload. */
  readonly location: (url: URL) => string;
  /**
   * The referrers API: there, not there, a page of HTML, a list that is always empty, or one that takes the type of the config for
   * what an artifact is, and says nothing of it when something is pushed.
   */
  readonly referrers: true | false | "html" | "empty" | "config";
  /** Does it filter referrers? */
  readonly filters: boolean;
  /** Must children be there before their parents? */
  readonly checksChildren: boolean;
  /** Must a subject be there before what refers to it? Else 500. */
  readonly checksSubject: boolean;
  /** The code and the form in which missing children are told. */
  readonly missing: "text" | "object" | "nothing";
  /** Tags of one page at most; more asked for is refused when `strictPages`. */
  readonly pageLimit: number;
  readonly strictPages: boolean;
  /** Does it know Range for blobs? */
  readonly ranges: boolean;
  /** Does DELETE by tag do: forget the tag, refuse, or delete what it names? */
  readonly untag: "tag" | "refused" | "manifest";
  /** Does it delete at all? */
  readonly deletes: boolean;
  /** Is it so that a tag, once set, stays? The status and the body of the refusal. */
  readonly immutable: { readonly status: number; readonly body: string } | undefined;
  /** What a mount is answered with when the blob is there: 201, or a refusal. */
  readonly mounts: true | "ignored" | number;
  /** Requests for which pushed content is said not to be there. */
  readonly lag: number;
  /** Stands before everything else. */
  readonly around: (request: Request, next: Handler) => Promise<Response> | Response;
}

/** The specification. */
export const SPECIFICATION: Behaviour = {
  singlePost: true,
  taken: { post: 201, patch: 202, put: 201 },
  putsBytes: true,
  patches: true,
  secondPatch: "taken",
  rangeOfChunk: false,
  patchLimit: Number.POSITIVE_INFINITY,
  patchLeast: 0,
  location: (url) => url.pathname,
  referrers: true,
  filters: true,
  checksChildren: true,
  checksSubject: false,
  missing: "object",
  pageLimit: 1000,
  strictPages: false,
  ranges: true,
  untag: "tag",
  deletes: true,
  immutable: undefined,
  mounts: true,
  lag: 0,
  around: (request, next) => next(request),
};
