/**
 * Scopes: what a token is good for. `repository:team/pause:pull,push` is a kind, a name and actions.
 *
 * @see https://github.com/distribution/distribution/blob/v3.0.0/docs/content/spec/auth/scope.md
 * @module
 */

/** A scope that could be read. What follows no grammar travels as it came. */
interface Scope {
  /** Kind and name, with the colon between them. */
  readonly resource: string;
  readonly actions: ReadonlySet<string>;
}

const MOST_SCOPES = 16;
const LONGEST_SCOPE = 1024;

/** The scopes of a challenge's `scope` parameter: between spaces, at most 16 of them, none longer than 1024 characters. */
export function splitScopes(parameter: string): readonly string[] {
  return parameter
    .split(" ")
    .filter((scope) => scope.length <= LONGEST_SCOPE && /^[!-~]+$/.test(scope))
    .slice(0, MOST_SCOPES);
}

/**
 * Merges scopes: one for each resource, its actions sorted and none twice, `*` standing for all of them.
 *
 * Sorted by resource, with what shall be written behind what is only read, and the repository that the request is about
 * at the very end: GitLab once kept the last scope and no other.
 *
 * @param repository the repository that the request is about.
 */
export function mergeScopes(scopes: Iterable<string>, repository?: string): readonly string[] {
  const merged = new Map<string, Set<string>>();
  for (const text of scopes) {
    const { resource, actions } = parse(text);
    const known = merged.get(resource);
    if (known === undefined) merged.set(resource, new Set(actions));
    else for (const action of actions) known.add(action);
  }
  const wanted = `repository:${repository}`;
  return [...merged]
    .map(([resource, actions]) => ({
      resource,
      rank: resource === wanted ? 2 : isReading(actions) ? 0 : 1,
      actions,
    }))
    .sort((a, b) => a.rank - b.rank || (a.resource < b.resource ? -1 : 1))
    .map(({ resource, actions }) => format(resource, actions));
}

/** Does a token for some scopes do for others? */
export function coversScopes(granted: readonly string[], wanted: readonly string[]): boolean {
  const given = new Map(granted.map(parse).map(({ resource, actions }) => [resource, actions]));
  return wanted.map(parse).every(({ resource, actions }) => {
    const held = given.get(resource);
    if (held === undefined) return false;
    return held.has("*") || [...actions].every((action) => held.has(action));
  });
}

/** The same scopes without one of the actions; what is left with none goes altogether. */
export function withoutAction(scopes: readonly string[], action: string): readonly string[] {
  return scopes.flatMap((text) => {
    const { resource, actions } = parse(text);
    if (!actions.has(action)) return [text];
    const others = new Set([...actions].filter((other) => other !== action));
    return others.size === 0 ? [] : [format(resource, others)];
  });
}

/** The name may hold a colon (`host:5000/x`), so the kind ends at the first and the actions begin at the last. */
function parse(text: string): Scope {
  const first = text.indexOf(":");
  const last = text.lastIndexOf(":");
  const actions = text
    .slice(last + 1)
    .split(",")
    .filter((action) => action !== "");
  if (first === last || actions.length === 0) return { resource: text, actions: new Set() };
  return { resource: text.slice(0, last), actions: new Set(actions) };
}

function format(resource: string, actions: ReadonlySet<string>): string {
  if (actions.size === 0) return resource;
  return `${resource}:${actions.has("*") ? "*" : [...actions].sort().join(",")}`;
}

function isReading(actions: ReadonlySet<string>): boolean {
  return [...actions].every((action) => action === "pull");
}
