/**
 * Which of its challenges a registry is taken at.
 *
 * @module
 */
import type { Scheme } from "./auth-memory.ts";
import type { Challenge } from "./challenge.ts";
import { acceptRealm } from "./realm.ts";

/** How a registry wants to be asked, as one of its challenges says. */
export interface Chosen {
  readonly scheme: Scheme;
  /** The scopes that the challenge names. */
  readonly scope: string | undefined;
}

/**
 * Chooses among challenges: tokens rather than Basic, because a token that gets lost is worth less than a password.
 *
 * @param origin where the registry is asked.
 * @returns undefined when there is nothing among them that is known here.
 * @throws HiatusError `REGISTRY` when there is only a token service that may not be asked.
 */
export function chooseScheme(
  challenges: readonly Challenge[],
  origin: string,
  registry: string,
): Chosen | undefined {
  let refusal: unknown;
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get("realm");
    if (scheme !== "bearer" || realm === undefined) continue;
    try {
      acceptRealm(realm, new URL(origin), registry);
      const service = parameters.get("service");
      return { scheme: { kind: "bearer", realm, service }, scope: parameters.get("scope") };
    } catch (error) {
      refusal ??= error;
    }
  }
  if (challenges.some(({ scheme }) => scheme === "basic")) {
    return { scheme: { kind: "basic" }, scope: undefined };
  }
  if (refusal !== undefined) throw refusal;
  return undefined;
}
