/**
 * The versions of programs in Go, which not all of them know themselves.
 *
 * @module
 */
import type { Context, EnsurePeer } from "../context.ts";
import type { versions } from "../machine.ts";

/** For {@link versions}: those of the programs that can be had. */
export async function peerVersions(
  { peer }: Context,
  names: readonly Parameters<EnsurePeer>[0][],
): Promise<Parameters<typeof versions>[0]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const provided = await peer(name);
      // The folder that it was built into is called NAME@VERSION.
      const version = "program" in provided ? /@v([^/]+)/.exec(provided.program)?.[1] : undefined;
      return version === undefined ? [] : [{ name, command: ["echo", version] }];
    }),
  );
  return found.flat();
}
