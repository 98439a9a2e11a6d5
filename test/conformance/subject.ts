/**
 * Who is held to the specification: our registry on Node and on Deno.
 *
 * @module
 */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { countIn } from "../interop/matrix.ts";
import { hiatus } from "../interop/registries/hiatus.ts";
import type { Registry, RegistryKind } from "../interop/registry.ts";

/** Our registry on every runtime. */
export const SUBJECTS: readonly RegistryKind[] = [hiatus(), hiatus(inject("deno"))];

/** A folder of its own for something. */
export function scratchFolder(name: string): Promise<string> {
  return mkdtemp(join(inject("folder"), `${name}-`));
}

/** `describe` with a registry that runs meanwhile; where its runtime cannot be had, a skipped test says why. */
export function describeSubject(
  kind: RegistryKind,
  column: string,
  tests: (registryOf: () => Registry) => void,
): void {
  const { peer } = kind;
  describe(`${column}: ${kind.name}`, () => {
    countIn({ table: "conformance", row: kind.name, column });
    if (peer !== undefined && "missing" in peer) {
      it("is tried", ({ skip }) => skip(peer.missing));
      return;
    }
    let registry: Registry;
    beforeAll(async () => {
      registry = await kind.start(await scratchFolder("registry"));
    });
    afterAll(() => registry?.stop());
    tests(() => registry);
  });
}
