/**
 * Sources as repositories that can only be pulled from.
 *
 * @module
 */
import type { Repositories, Repository } from "./repositories.ts";

/** How sources are found. */
export interface SourcesOptions {
  /**
   * Answer to every name, where there is only one source: for nodes that know the image by another one.
   * @default false
   */
  readonly anyName?: boolean | undefined;
}

/** Serves sources under names, which must follow the grammar of repositories. */
export function serveSources(
  sources: ReadonlyMap<string, Repository>,
  options: SourcesOptions = {},
): Repositories {
  const names = [...sources.keys()].sort();
  const [only] = sources.values();
  const fallback = options.anyName === true && sources.size === 1 ? only : undefined;
  return {
    async *names() {
      yield* names;
    },
    open: async (name) => sources.get(name) ?? fallback,
  };
}
