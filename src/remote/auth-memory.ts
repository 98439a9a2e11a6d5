/**
 * What was found out about how registries want to be asked. Kept for the life of the process, so that later requests carry a
 * token on their first try. No secret is in it.
 *
 * @module
 */

/** How a registry wants to be asked. */
export type Scheme =
  | { readonly kind: "basic" }
  | {
      readonly kind: "bearer";
      /** As the challenge has it. */
      readonly realm: string;
      readonly service: string | undefined;
    };

/** How a token service is asked: GET of the token spec, or POST of OAuth 2. */
export type TokenWay = "get" | "post";

/** What is known. */
export interface AuthMemory {
  /** Keyed by the origin of the registry. */
  readonly schemes: Remembered<Scheme>;
  /** What worked, keyed by realm and kind of credential. */
  readonly ways: Remembered<TokenWay>;
  /** Realms that give no token when the scope has `delete`. */
  readonly withoutDelete: Remembered<true>;
}

/** A map of some size: what was learned first is forgotten first. */
export interface Remembered<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

const MOST = 1000;

/** A memory by itself; {@link processMemory} is the shared one. */
export function createAuthMemory(): AuthMemory {
  return {
    schemes: createRemembered(),
    ways: createRemembered(),
    withoutDelete: createRemembered(),
  };
}

let shared: AuthMemory | undefined;

/** The memory of this process. */
export function processMemory(): AuthMemory {
  shared ??= createAuthMemory();
  return shared;
}

/** A map that registries cannot make grow for ever. */
export function createRemembered<V>(): Remembered<V> {
  const map = new Map<string, V>();
  return {
    get: (key) => map.get(key),
    set(key, value) {
      map.delete(key);
      map.set(key, value);
      const [oldest] = map.keys();
      if (map.size > MOST && oldest !== undefined) map.delete(oldest);
    },
  };
}
