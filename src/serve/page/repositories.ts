/**
 * The repositories that the page shows.
 *
 * @module
 */
import type { Source } from "../../store/source.ts";

/** What the page asks of the registry: the readable half, nothing else. */
export interface PageRepositories {
  /** The names of all repositories, in code-point order. */
  names(): AsyncIterable<string>;
  /** The repository of a name, or undefined when there is none. */
  open(name: string): Promise<Source | undefined>;
}
