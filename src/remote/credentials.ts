/**
 * Who one is to a registry.
 *
 * @module
 */
import type { StoreOptions } from "../store/source.ts";

/** A user and a password; a refresh token, which only the token service takes; or a token for the registry itself. */
export type Credential =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | {
      readonly kind: "identity-token";
      readonly token: string;
      /** Sent beside the token where a token service knows only Basic. @default "<token>" */
      readonly username?: string;
    }
  | { readonly kind: "registry-token"; readonly token: string };

/**
 * The credential for a repository of a registry (`registry.example:5000`, `team/pause`), or undefined for an anonymous user.
 * Asked at most once for each registry and repository; nothing of what it gives is ever printed.
 *
 * @throws HiatusError `CONFIG` when a file of credentials is broken or a helper fails.
 */
export type CredentialSource = (
  registry: string,
  repository: string,
  options?: StoreOptions,
) => Promise<Credential | undefined>;
