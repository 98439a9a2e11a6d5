/**
 * Environment variables in a mirrors file: `${NAME}`, `${NAME:-otherwise}`, and `$$` for a dollar sign.
 *
 * @module
 */

/** The environment, or what stands for it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Says what is wrong with the value at a path. */
export type ReportProblem = (path: readonly PropertyKey[], message: string) => void;

/**
 * Replaces variables in every string of a value, but not in the keys of its objects.
 *
 * @param problem told of variables that are not set, and of what is no variable.
 */
export function interpolate(value: unknown, env: Environment, problem: ReportProblem): unknown {
  return walk(value, [], (text, path) => replaceIn(text, env, (message) => problem(path, message)));
}

/** Calls `change` with every string of a value and where it stands, and gives the value with what came back. */
export function walk(
  value: unknown,
  path: readonly PropertyKey[],
  change: (text: string, path: readonly PropertyKey[]) => unknown,
): unknown {
  if (typeof value === "string") return change(value, path);
  if (Array.isArray(value)) return value.map((item, at) => walk(item, [...path, at], change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key], change)]),
  );
}

function replaceIn(text: string, env: Environment, problem: (message: string) => void): string {
  return text.replaceAll(
    /\$(\$|\{([^}]*)\}?|)/g,
    (all, rest: string, inside: string | undefined) => {
      if (rest === "$") return "$";
      const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside ?? "");
      if (match === null || !rest.endsWith("}")) {
        problem(
          `"${all.slice(0, 60)}" is no variable; write \${NAME}, \${NAME:-otherwise}, or $$ for a dollar sign`,
        );
        return "";
      }
      const [, name = "", otherwise] = match;
      const value = env[name];
      if (value !== undefined && value !== "") return value;
      if (otherwise === undefined) {
        problem(
          `the environment variable ${name} is not set; set it, or write \${${name}:-otherwise}`,
        );
      }
      return otherwise ?? "";
    },
  );
}
