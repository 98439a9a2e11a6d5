/**
 * `--since`: what the other side has already.
 *
 * @module
 */
import { type Delta, heldBy } from "../bundle/delta.ts";
import { planCopy } from "../graph/plan.ts";
import { formatTarget, type Target } from "../oci/target.ts";
import type { PreparedImage } from "../release/prepare.ts";
import { tagsOfImage } from "./bundle-names.ts";
import { repositoryOf } from "./destination.ts";
import { type OpenedPlace, type OpenOptions, openPlace, openSource, parseSource } from "./open.ts";

/**
 * What a bundle need not hold because a base has it: a bundle, a layout, an archive, or a repository of a registry.
 *
 * @throws HiatusError what keeps the base from being opened or asked.
 */
export async function deltaSince(
  text: string,
  { source, root, attachments }: PreparedImage,
  options: OpenOptions,
): Promise<Delta> {
  const { signal } = options;
  const { base, since } = await openBase(parseSource(text), options);
  try {
    const roots = [root, ...attachments.map(({ descriptor }) => descriptor)];
    const plan = await planCopy(source, undefined, roots, { signal });
    const held = await heldBy(base.source, plan, { signal });
    return { since, omitted: held.map(({ digest }) => digest) };
  } finally {
    await base.close();
  }
}

/** The base, and a name for it that means something on the other side. */
async function openBase(
  target: Target,
  options: OpenOptions,
): Promise<{ readonly base: OpenedPlace; readonly since: string }> {
  // A repository is asked for contents; which image of it is meant need not be said.
  if (target.kind === "registry" && target.tag === undefined && target.digest === undefined) {
    return { base: await openPlace(target, options), since: formatTarget(target) };
  }
  const base = await openSource(target, { ...options, delta: true });
  const { root } = base;
  const [tag] = await tagsOfImage(base, options.signal);
  const name = repositoryOf(base) ?? "an image";
  const named = tag === undefined ? name : `${name}:${tag}`;
  return { base, since: `${named}@${root.digest}` };
}
