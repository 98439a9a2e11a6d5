/**
 * What the registry tells about each request, for the access log and the metrics.
 *
 * @module
 */

/**
 * The routes of the registry by their templates: few values, so that metrics can be counted by them.
 * `page` is everything of the page for people, `unknown` whatever no route matches.
 */
export type RouteName =
  | "base"
  | "catalog"
  | "tags"
  | "manifest"
  | "blob"
  | "uploads"
  | "upload"
  | "referrers"
  | "metrics"
  | "page"
  | "unknown";

/** One request that was answered, or whose client went away before. Nothing in it is a secret. */
export interface RequestRecord {
  /** When it came, in milliseconds since 1970. */
  readonly time: number;
  /** `GET`, `HEAD`, `PUT` … A method that the registry does not know is there as it was sent: escape it. */
  readonly method: string;
  /** The path with its query as it was sent, at most 2,048 characters: escape it. */
  readonly path: string;
  readonly route: RouteName;
  /** The repository that the path names, if its name follows the grammar. */
  readonly repository: string | undefined;
  /** The tag, the digest or the upload that the path names, if it follows the grammar. */
  readonly reference: string | undefined;
  /** The status of the answer; 499 when the client went away before it was whole. */
  readonly status: number;
  /** The code of the distribution specification when the request was refused, for example `BLOB_UNKNOWN`. */
  readonly error: string | undefined;
  /** Bytes of the body that were sent. */
  readonly bytes: number;
  /** Bytes of the body that came in. */
  readonly received: number;
  /** From the head of the request to the last byte of the answer, in milliseconds, with fractions. */
  readonly ms: number;
  /** The address of the client without its port, where the adapter knows it. */
  readonly remote: string | undefined;
  /** The name that the client proved, if any. */
  readonly user: string | undefined;
  /** The header as it was sent, at most 256 characters: escape it. */
  readonly userAgent: string | undefined;
}
