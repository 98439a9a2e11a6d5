/**
 * How a client proves who it is: what the `Authorization` header of a request says.
 *
 * @see https://github.com/distribution/distribution/blob/v3.0.0/docs/content/spec/auth/token.md
 * @module
 */
import type { StoreOptions } from "../store/source.ts";

/** What a request is about: where it goes, and what it wants to do there. */
export interface Purpose {
  /** Scheme, host and port: `https://registry.example:5000`. */
  readonly origin: string;
  /** As references name it: `docker.io`, not `registry-1.docker.io`. */
  readonly registry: string;
  readonly repository: string;
  /** Scopes of the token spec, for example `repository:team/pause:pull,push`; merged and sorted by the authorizer. */
  readonly scopes: readonly string[];
}

/** Gives `Authorization` headers for one registry, and learns from its refusals. */
export interface Authorizer {
  /** The header's value, or undefined for none: nothing is known of the registry yet, or it wants none. May ask the token service. */
  authorize(purpose: Purpose, options?: StoreOptions): Promise<string | undefined>;
  /**
   * Learns from a 401.
   *
   * @param challenges the `WWW-Authenticate` values of the answer, as they came.
   * @param used what the refused request carried.
   * @returns true when asking again makes sense; each `used` value is given another try once.
   */
  refused(
    purpose: Purpose,
    challenges: readonly string[],
    used: string | undefined,
    options?: StoreOptions,
  ): Promise<boolean>;
}
