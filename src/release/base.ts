/**
 * Releasing what leaves something out: mirrors are asked for the rest before anything is done, and keep what they have.
 *
 * @module
 */
import { baseMissing, type Delta, lackedBy } from "../bundle/delta.ts";
import { planCopy } from "../graph/plan.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { isDistant, type Store, type StoreOptions } from "../store/source.ts";
import type { OpenMirror } from "./mirror-stores.ts";
import type { ReleaseImage } from "./model.ts";

/**
 * Mirrors that must have what a bundle leaves out. Each is asked when it is looked at, and one that lacks any of it fails
 * then, before anything was sent to any of them.
 *
 * @throws HiatusError `CONTENT` when the bundle leaves out what is not part of its image.
 */
export async function withBase(
  image: ReleaseImage,
  mirrors: readonly OpenMirror[],
  delta: Delta,
  options: StoreOptions = {},
): Promise<readonly OpenMirror[]> {
  const contents = await omittedOf(image, delta, options);
  return mirrors.map((open) => withContents(open, delta, contents));
}

/** What is left out, with sizes: the manifests know. */
async function omittedOf(
  { variants }: ReleaseImage,
  { omitted }: Delta,
  options: StoreOptions,
): Promise<readonly Descriptor[]> {
  const wanted = new Set<string>(omitted);
  const found = new Map<Digest, Descriptor>();
  for (const { source, root, attachments } of variants) {
    const roots = [root, ...attachments.map(({ descriptor }) => descriptor)];
    const { blobs } = await planCopy(source, undefined, roots, options);
    for (const blob of blobs) if (wanted.has(blob.digest)) found.set(blob.digest, blob);
  }
  return [...found.values()];
}

function withContents(open: OpenMirror, delta: Delta, contents: readonly Descriptor[]): OpenMirror {
  const { mirror } = open;
  const digests = new Set<string>(contents.map(({ digest }) => digest));
  return {
    mirror,
    store: askingFor(open.store, digests),
    get fresh() {
      return open.fresh;
    },
    get outside() {
      return open.outside;
    },
    profile: () => open.profile(),
    async probe(options) {
      const missing = await lackedBy(open.fresh, contents, options);
      const place = `${mirror.registry}/${mirror.repository}`;
      if (missing.length > 0) throw baseMissing(place, delta, missing);
      return open.probe(options);
    },
    abandonUploads: () => open.abandonUploads(),
    cost: () => open.cost(),
  };
}

/** A store that is asked for some contents however cheap it would be to push them: they are not at hand. */
function askingFor(store: Store, digests: ReadonlySet<string>): Store {
  if (!isDistant(store)) return store;
  return new Proxy(store, {
    get(target, name) {
      if (name === "worthAsking") {
        return (one: Descriptor) => digests.has(one.digest) || target.worthAsking(one);
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
