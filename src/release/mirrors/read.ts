/**
 * Reads mirrors files: one and those that it includes.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { type FileKind, type ParsedYaml, parseYaml, yamlError } from "../../build/parse-yaml.ts";
import type { Place } from "../../build/text.ts";
import { HiatusError } from "../../errors.ts";
import { type Environment, interpolate, type ReportProblem, walk } from "./interpolate.ts";
import { type MirrorEntry, type MirrorsFile, MirrorsFileSchema } from "./schema.ts";

/** A mirror as files tell it: defaults filled in, and where it stands. */
export interface LocatedMirror {
  readonly entry: MirrorEntry;
  /** Paths in the entry are relative to its folder. */
  readonly file: string;
  readonly place: (key?: keyof MirrorEntry) => Place;
}

/** Everything that a mirrors file and its includes say. */
export interface Mirrors {
  readonly mirrors: readonly LocatedMirror[];
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** Deepest nesting of includes. */
const DEPTH_LIMIT = 8;

const SECRET = "a secret must not stand in this file; name the environment variable that holds it";

const KIND: Omit<FileKind, "prepare"> = {
  name: "mirrors file",
  schema: "mirrors.schema.json",
  instead: {
    password: `${SECRET}: passwordEnv`,
    username: "write usernameEnv, with the name of the environment variable that holds it",
    token: `${SECRET}: tokenEnv`,
    auth: `${SECRET}: usernameEnv and passwordEnv, or file`,
    identitytoken: `${SECRET}, or a file: file`,
    registrytoken: `${SECRET}: tokenEnv`,
    secret: `${SECRET}: passwordEnv`,
    url: "write repository, such as registry.example/team/{image}",
    tag: 'write tags, a list, such as ["{version}"]',
  },
};

/**
 * Reads a mirrors file with everything that it includes.
 *
 * @param path of the file.
 * @param env what variables are replaced by.
 * @throws HiatusError `CONFIG` naming every problem of a file with line and column.
 */
export async function readMirrors(path: string, env: Environment): Promise<Mirrors> {
  const mirrors: LocatedMirror[] = [];
  const groups = new Map<string, readonly string[]>();
  await readInto({ mirrors, groups }, resolve(path), env, []);
  return { mirrors, groups };
}

async function readInto(
  into: { readonly mirrors: LocatedMirror[]; readonly groups: Map<string, readonly string[]> },
  file: string,
  env: Environment,
  above: readonly string[],
): Promise<void> {
  const parsed = await parseFile(file, env);
  const { data } = parsed;
  for (const [at, include] of data.include.entries()) {
    const target = resolve(dirname(file), include);
    const chain = [...above, file];
    if (chain.includes(target) || chain.length >= DEPTH_LIMIT) {
      const message = chain.includes(target)
        ? `"${include}" includes this file again`
        : `includes are nested more than ${DEPTH_LIMIT} deep`;
      throw problem(file, parsed, ["include", at], message);
    }
    await readInto(into, target, env, chain).catch((error: unknown) => {
      if (!isMissing(error, target)) throw error;
      throw problem(file, parsed, ["include", at], `there is no file "${include}"`);
    });
  }
  data.mirrors.forEach((entry, at) => {
    const twin = into.mirrors.find((other) => other.entry.name === entry.name);
    if (twin !== undefined) {
      const where = `${showPath(twin.file)}:${twin.place("name").line}`;
      throw problem(
        file,
        parsed,
        ["mirrors", at, "name"],
        `"${entry.name}" is the name of a mirror in ${where} already`,
      );
    }
    into.mirrors.push({
      entry: { ...data.defaults, ...entry },
      file,
      place: (key) => parsed.place(["mirrors", at, ...(key === undefined ? [] : [key])]),
    });
  });
  for (const [group, names] of Object.entries(data.groups)) {
    names.forEach((name, at) => {
      if (into.mirrors.some(({ entry }) => entry.name === name) || into.groups.has(name)) return;
      throw problem(
        file,
        parsed,
        ["groups", group, at],
        `"${name}" is neither a mirror nor a group that stands before`,
      );
    });
    if (into.mirrors.some(({ entry }) => entry.name === group)) {
      throw problem(file, parsed, ["groups", group], `"${group}" is the name of a mirror already`);
    }
    into.groups.set(group, names);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
};

async function parseFile(file: string, env: Environment): Promise<ParsedYaml<MirrorsFile>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new HiatusError(
      "CONFIG",
      `Cannot read the mirrors file "${showPath(file)}": ${REASONS[code ?? ""] ?? message}`,
      {
        cause,
        detail: { file, code },
        hint: "Name it with --mirrors; images/mirrors.example.yaml in the package shows how one looks",
      },
    );
  }
  return parseYaml(bytes, showPath(file), MirrorsFileSchema, {
    ...KIND,
    prepare(value, report) {
      refuseSecrets(value, report);
      return interpolate(value, env, report);
    },
  });
}

/** Refuses what looks like a secret in the file itself, before anything comes in from the environment. */
function refuseSecrets(value: unknown, report: ReportProblem): void {
  walk(value, [], (text, path) => {
    if (/^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s$]+@/i.test(text)) {
      report(
        path,
        `a password must not stand in this file; let an environment variable hold the URL: ${"$"}{NAME}`,
      );
    }
    return text;
  });
}

/** An error about one place of a file. */
export function problemAt(
  located: LocatedMirror,
  key: keyof MirrorEntry,
  message: string,
): HiatusError {
  return yamlError(showPath(located.file), KIND, [{ message, ...located.place(key) }]);
}

function problem(
  file: string,
  parsed: ParsedYaml<MirrorsFile>,
  path: readonly PropertyKey[],
  message: string,
): HiatusError {
  return yamlError(showPath(file), KIND, [{ message, ...parsed.place(path) }]);
}

function isMissing(error: unknown, file: string): boolean {
  if (!(error instanceof HiatusError)) return false;
  return error.detail.file === file && error.detail.code === "ENOENT";
}

/** A path as people write it: from here, unless that leads out. */
function showPath(file: string): string {
  const path = relative(process.cwd(), file);
  return path === "" || path.startsWith("..") ? file : path;
}
