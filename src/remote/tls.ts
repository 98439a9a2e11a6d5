/**
 * Whom to trust and who to be when speaking TLS.
 *
 * @module
 */
import type { SecureContext } from "node:tls";
import { HiatusError } from "../errors.ts";
import { printable } from "./text.ts";
import type { ClientCertificate, TlsOptions } from "./tls-options.ts";
import { extraRoots } from "./tls-roots.ts";

export type { ClientCertificate, TlsOptions };

/** What TLS is spoken with. Loading roots takes tens of milliseconds, so the little that usually does is tried first. */
export interface TlsContexts {
  /** The roots that were given, else those of the runtime. */
  readonly narrow: () => Promise<SecureContext>;
  /** All that are trusted: given, the runtime's, and the system's. */
  readonly wide: () => Promise<SecureContext>;
}

/** Contexts for these options, each made when first asked for. */
export function tlsContexts(options: TlsOptions = {}): TlsContexts {
  let narrow: Promise<SecureContext> | undefined;
  let wide: Promise<SecureContext> | undefined;
  return {
    narrow() {
      narrow ??= contextOf(options, options.ca);
      return narrow;
    },
    wide() {
      wide ??= extraRoots().then((roots) => contextOf(options, [...roots, ...(options.ca ?? [])]));
      return wide;
    },
  };
}

async function contextOf(
  { certificates = [] }: TlsOptions,
  ca: readonly string[] | undefined,
): Promise<SecureContext> {
  const [{ createSecureContext }, { createPrivateKey, X509Certificate }] = await Promise.all([
    import("node:tls"),
    import("node:crypto"),
  ]);
  try {
    for (const { cert, key } of certificates) {
      // Deno would find out in the handshake, and call it a handshake failure.
      if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
        throw new Error("a key does not belong to its certificate");
      }
    }
    return createSecureContext({
      ...(ca === undefined || ca.length === 0 ? {} : { ca: [...ca] }),
      ...(certificates.length === 0
        ? {}
        : {
            cert: certificates.map(({ cert }) => cert),
            key: certificates.map(({ key }) => key),
          }),
    });
  } catch (cause) {
    const why = cause instanceof Error ? printable(cause.message) : "";
    throw new HiatusError("CONFIG", `The certificates or keys for TLS cannot be used: ${why}`, {
      cause,
      hint: "Give certificates and unencrypted keys as PEM, each certificate with the key that belongs to it",
    });
  }
}
