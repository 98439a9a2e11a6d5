/**
 * A content tree drawn with lines.
 *
 * @module
 */
import pc from "picocolors";
import type { ContentTree } from "../../graph/tree.ts";
import type { Annotations } from "../../oci/descriptor.ts";
import { formatPlatform } from "../../oci/platform.ts";
import { printable } from "./printable.ts";
import { formatBytes } from "./table.ts";

/** The tree, line by line: a heading, then a line or more for each piece of content. */
export function formatTree(title: string, tree: ContentTree): readonly string[] {
  return [pc.bold(title), ...node(tree, "", true, {})];
}

/** What a parent said already is not said again: manifests mostly repeat the annotations of their index. */
function node(
  tree: ContentTree,
  indent: string,
  last: boolean,
  said: Annotations,
): readonly string[] {
  const inner = indent + (last ? "   " : "│  ");
  const bar = tree.children.length > 0 ? "│  " : "   ";
  return [
    `${indent}${last ? "└─ " : "├─ "}${heading(tree)}`,
    ...notes(tree, said).map((note) => `${inner}${bar}${pc.dim(note)}`),
    ...tree.children.flatMap((child, position) =>
      node(child, inner, position === tree.children.length - 1, tree.annotations ?? {}),
    ),
  ];
}

function heading({ descriptor, role }: ContentTree): string {
  const { platform, digest, size, data } = descriptor;
  const name =
    platform === undefined ? role : `${role} ${pc.cyan(printable(formatPlatform(platform)))}`;
  const inline = data === undefined ? "" : ", inline";
  return `${name}  ${digest}  ${formatBytes(size)} bytes${inline}`;
}

function notes(
  { descriptor, annotations, config, role }: ContentTree,
  said: Annotations,
): readonly string[] {
  const all = Object.entries({ ...descriptor.annotations, ...annotations }).filter(
    ([key, value]) => said[key] !== value,
  );
  return [
    ...(role === "layer" ? [descriptor.mediaType] : []),
    ...all.map(([key, value]) => `${printable(key)}: ${printable(value)}`),
    ...(config === undefined ? [] : configNotes(config)),
  ];
}

function configNotes(config: NonNullable<ContentTree["config"]>): readonly string[] {
  const { User, Entrypoint, Labels } = config.config;
  const created = config.created === undefined ? "" : `  created ${printable(config.created)}`;
  return [
    `user ${printable(User ?? "root")}  entrypoint ${printable(JSON.stringify(Entrypoint ?? []))}${created}`,
    ...Object.entries(Labels ?? {}).map(
      ([key, value]) => `label ${printable(key)}: ${printable(value)}`,
    ),
  ];
}
