/**
 * What may be said about TLS, in types that need none of Node's.
 *
 * @module
 */

/** A client's certificate and its key. */
export interface ClientCertificate {
  /** PEM: the certificate, then those that lead to its root. */
  readonly cert: string;
  /** PEM, not encrypted. */
  readonly key: string;
}

/** TLS beyond the defaults. */
export interface TlsOptions {
  /** Roots to trust as well, PEM. The runtime's, the system's and `NODE_EXTRA_CA_CERTS` stay trusted. */
  readonly ca?: readonly string[] | undefined;
  /** Shown to servers that ask for one. */
  readonly certificates?: readonly ClientCertificate[] | undefined;
  /**
   * True: certificates are not verified at all.
   * @default false
   */
  readonly insecure?: boolean | undefined;
}
