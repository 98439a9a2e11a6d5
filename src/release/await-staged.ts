/**
 * Waiting for the shards of a release. They are met at the registries and nowhere else: what is there by its digest is
 * staged, whoever brought it, and a shard that failed, or never ran, only costs time.
 *
 * @module
 */
import { runAll } from "../graph/pool.ts";
import { type Clock, realClock } from "../remote/clock.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { ReleaseImage } from "./model.ts";
import { variantFor } from "./preflight.ts";

/** Between two looks at the mirrors that lack the image, in milliseconds. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [1_000, 15_000];

/** How it is waited. */
export interface AwaitStagedOptions {
  /** Longest time to wait, in milliseconds. */
  readonly limit: number;
  /** Told of the mirrors that still lack the image, whenever they are fewer. */
  readonly onMissing?: ((mirrors: readonly string[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default the real one */
  readonly clock?: Pick<Clock, "now" | "sleep"> | undefined;
}

/**
 * Waits until every mirror has the image by its digest. A mirror that cannot be asked is not waited for: the preflight says
 * what is wrong with it.
 *
 * @returns names of the mirrors that lack it when the time is up.
 * @throws the reason of the signal.
 */
export async function awaitStaged(
  image: ReleaseImage,
  mirrors: readonly OpenMirror[],
  options: AwaitStagedOptions,
): Promise<readonly string[]> {
  const { limit, onMissing, signal, clock = realClock } = options;
  const end = clock.now() + limit;
  let missing = mirrors;
  let told = Number.POSITIVE_INFINITY;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const there = await runAll(
      missing,
      64,
      ({ mirror, fresh }) => fresh.exists(variantFor(mirror, image).root, { signal }),
      signal,
    );
    missing = missing.filter((_, at) => {
      const outcome = there[at];
      return outcome?.ok === true && !outcome.value;
    });
    const names = missing.map(({ mirror }) => mirror.name);
    const left = end - clock.now();
    if (names.length === 0 || left <= 0) return names;
    if (names.length < told) onMissing?.(names);
    told = names.length;
    await clock.sleep(Math.min(pause, left), signal);
  }
}
