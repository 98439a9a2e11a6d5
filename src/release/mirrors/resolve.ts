/**
 * From what files say to the mirrors of one image: templates rendered, groups chosen, nothing twice.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import type { InlineMode } from "../../build/definition.ts";
import { HiatusError } from "../../errors.ts";
import { parseReference } from "../../oci/reference.ts";
import { isTag } from "../../oci/tag.ts";
import type { CredentialReference, Mirror } from "../model.ts";
import { type LocatedMirror, type Mirrors, problemAt } from "./read.ts";
import { renderTemplate, TAG_LISTS, type TemplateValues } from "./template.ts";

/** What mirrors are resolved for. */
export interface MirrorTarget extends TemplateValues {
  /** Further tags of the image, rendered. */
  readonly aliases: readonly string[];
  /** How the image's definition has it. */
  readonly inline: InlineMode;
}

/**
 * The mirrors of an image.
 *
 * @param only names of mirrors and groups; undefined: all.
 * @throws HiatusError `CONFIG` with file, line and column when a template renders no repository or no tag, or when two mirrors
 * are the same place; `USAGE` when `only` names what there is not.
 */
export function resolveMirrors(
  file: Mirrors,
  target: MirrorTarget,
  only?: readonly string[] | undefined,
): readonly Mirror[] {
  const all = file.mirrors.map((located) => ({ located, mirror: resolveOne(located, target) }));
  const places = new Map<string, LocatedMirror>();
  for (const { located, mirror } of all) {
    for (const tag of mirror.tags) {
      const place = `${mirror.registry}/${mirror.repository}:${tag}`;
      const twin = places.get(place);
      if (twin !== undefined) {
        const { line } = twin.place("repository");
        throw problemAt(
          located,
          "repository",
          `${place} is where mirror "${twin.entry.name}" releases to already (line ${line})`,
        );
      }
      places.set(place, located);
    }
  }
  const mirrors = all.map(({ mirror }) => mirror);
  if (only === undefined) return mirrors;
  const chosen = expand(file, only);
  return mirrors.filter(({ name }) => chosen.has(name));
}

function resolveOne(located: LocatedMirror, target: MirrorTarget): Mirror {
  const { entry } = located;
  const { registry, repository } = resolveRepository(located, target);
  const { tls = {} } = entry;
  const at = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(dirname(located.file), path);
  return {
    name: entry.name,
    registry,
    repository,
    tags: resolveTags(located, target),
    required: entry.required ?? true,
    ...formOf(located, target),
    attachments: entry.attachments ?? "best-effort",
    profile: entry.profile === "auto" ? undefined : entry.profile,
    connection: {
      credentials: credentialsOf(located),
      ca: at(tls.ca),
      cert: at(tls.cert),
      key: at(tls.key),
      insecure: tls.insecure ?? false,
      plainHttp: entry.plainHttp ?? false,
      proxy: entry.proxy,
      allowPrivate: entry.allowPrivate,
      concurrency: entry.concurrency,
      rate: entry.rate,
    },
  };
}

function formOf(located: LocatedMirror, target: MirrorTarget): Pick<Mirror, "format" | "inline"> {
  const { format = "oci", inline } = located.entry;
  if (format === "oci") return { format, inline: inline ?? target.inline };
  if (inline === undefined || inline === "none") return { format, inline: "none" };
  throw problemAt(
    located,
    "inline",
    "Docker's format has no data field; take it out, or use format: oci",
  );
}

function resolveRepository(
  located: LocatedMirror,
  target: MirrorTarget,
): Pick<Mirror, "registry" | "repository"> {
  const template = located.entry.repository;
  const text = renderTemplate(template, target);
  if (text === undefined) {
    throw problemAt(
      located,
      "repository",
      `"${template}" has braces around something else than image, version, major, minor or patch`,
    );
  }
  if (!/^(?:localhost|[^/]*[.:][^/]*)\//.test(text)) {
    throw problemAt(
      located,
      "repository",
      `"${text}" does not begin with a registry; write it as registry.example/path/{image}`,
    );
  }
  try {
    const { registry, repository, tag, digest } = parseReference(text);
    if (tag === undefined && digest === undefined) return { registry, repository };
  } catch (error) {
    throw problemAt(located, "repository", (error as Error).message);
  }
  throw problemAt(
    located,
    "repository",
    `"${text}" ends with a tag or a digest; tags have their own key`,
  );
}

function resolveTags(located: LocatedMirror, target: MirrorTarget): readonly string[] {
  const templates = located.entry.tags ?? ["{version}", "{aliases}"];
  const tags = templates.flatMap((template): readonly string[] => {
    if (template === "{aliases}") return target.aliases;
    const list = TAG_LISTS[template];
    if (list !== undefined) return list;
    const tag = renderTemplate(template, target);
    if (tag !== undefined && isTag(tag)) return [tag];
    const what =
      tag === undefined ? `version ${target.version} lacks a part of it` : `"${tag}" is not a tag`;
    throw problemAt(located, "tags", `"${template}" cannot be rendered: ${what}`);
  });
  // The version's own tag first: it is what tells a mirror that has the release from one that has not.
  const unique = [...new Set(tags)];
  const first = unique.filter((tag) => tag === target.version);
  return [...first, ...unique.filter((tag) => tag !== target.version)];
}

function credentialsOf({ entry, file }: LocatedMirror): CredentialReference | undefined {
  const { credentials } = entry;
  if (credentials === undefined) return undefined;
  const { usernameEnv, passwordEnv, tokenEnv, file: path, helper } = credentials;
  if (passwordEnv !== undefined && usernameEnv !== undefined) {
    return { kind: "environment", username: usernameEnv, password: passwordEnv };
  }
  if (tokenEnv !== undefined) return { kind: "token-environment", token: tokenEnv };
  if (path !== undefined) return { kind: "file", path: resolve(dirname(file), path) };
  if (helper !== undefined) return { kind: "helper", name: helper };
  return { kind: "anonymous" };
}

/** The mirrors that names of mirrors and groups stand for. */
function expand(file: Mirrors, only: readonly string[]): ReadonlySet<string> {
  const names = new Set(file.mirrors.map(({ entry }) => entry.name));
  const chosen = new Set<string>();
  const add = (name: string): void => {
    if (names.has(name)) chosen.add(name);
    else for (const member of file.groups.get(name) ?? []) add(member);
  };
  for (const name of only) {
    if (!names.has(name) && !file.groups.has(name)) {
      const known = [...names, ...file.groups.keys()];
      throw new HiatusError("USAGE", `There is neither a mirror nor a group "${name}"`, {
        detail: { name, known },
        hint: `Known are ${known.join(", ")}`,
      });
    }
    add(name);
  }
  return chosen;
}
