/**
 * The programs of peers as scripts/test-airgap.mjs hands them over: where there is no network none can be fetched.
 *
 * @module
 */
import type { Provided } from "../interop/peers.ts";

/** Those of its list, by name. @throws Error when something else than the script runs the tests. */
export function airgapPrograms(): Readonly<Record<string, Provided>> {
  const programs = process.env.HIATUS_AIRGAP_PROGRAMS;
  if (programs === undefined) throw new Error('These tests are run by "npm run test:airgap"');
  return JSON.parse(programs) as Record<string, Provided>;
}
