/** Credentials as values that can be compared: what is secret in them is not enumerable, so that nothing shows it. */
import type { Credential } from "../../src/remote/credentials.ts";

/** A copy with everything enumerable. */
export function plainCredential(credential: Credential | undefined): Credential | undefined {
  if (credential === undefined) return undefined;
  const names = Object.getOwnPropertyNames(credential) as (keyof Credential)[];
  return Object.fromEntries(names.map((name) => [name, credential[name]])) as unknown as Credential;
}
