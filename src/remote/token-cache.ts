/**
 * Tokens that were given and are still good.
 *
 * @module
 */
import { coversScopes } from "./scope.ts";

/** Tokens, each for one holder (an origin and a credential) and some scopes. */
export interface TokenCache {
  /** A token of the holder that is good for these scopes, and maybe for more. */
  find(holder: string, scopes: readonly string[]): string | undefined;
  /** @param until on the clock of the cache, in milliseconds. */
  keep(holder: string, scopes: readonly string[], token: string, until: number): void;
  /** Forgets a token that was refused. */
  drop(token: string): void;
}

interface Held {
  readonly scopes: readonly string[];
  readonly token: string;
  readonly until: number;
}

/** A token is not used in its last seconds, in milliseconds: the request has to get there, and clocks differ. */
const MARGIN = 10_000;
/** Of one holder. */
const MOST = 256;

/** An empty cache. */
export function createTokenCache(now: () => number): TokenCache {
  const held = new Map<string, readonly Held[]>();
  const good = (holder: string) => {
    const soon = now() + MARGIN;
    return (held.get(holder) ?? []).filter(({ until }) => until > soon);
  };
  return {
    find: (holder, scopes) =>
      good(holder).find((token) => coversScopes(token.scopes, scopes))?.token,
    keep(holder, scopes, token, until) {
      held.set(holder, [{ scopes, token, until }, ...good(holder)].slice(0, MOST));
    },
    drop(refused) {
      for (const [holder, tokens] of held) {
        const rest = tokens.filter(({ token }) => token !== refused);
        if (rest.length < tokens.length) held.set(holder, rest);
      }
    },
  };
}
