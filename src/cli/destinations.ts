/**
 * The destinations that a user named, read before anything is begun.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { formatTarget, parseTarget, type Target } from "../oci/target.ts";

/**
 * Reads destinations. Their registries are written out, so that a name that was meant for a folder does not become a
 * repository of strangers.
 *
 * @throws HiatusError `USAGE` or `INVALID`; `USAGE` when one is named twice.
 */
export function parseDestinations(texts: readonly string[]): readonly Target[] {
  const seen = new Set<string>();
  return texts.map((text) => {
    const target = parseTarget(text, { fullNames: true });
    const name = formatTarget(target);
    if (seen.has(name)) {
      throw new HiatusError("USAGE", `"${name}" is named twice`, { hint: "Name it once" });
    }
    seen.add(name);
    return target;
  });
}

/** The registries among some targets, each once. */
export function registriesOf(targets: readonly Target[]): readonly string[] {
  const hosts = targets.flatMap((target) => (target.kind === "registry" ? [target.registry] : []));
  return [...new Set(hosts)];
}
