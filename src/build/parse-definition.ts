/**
 * Reads the text of an `image.yaml` and says where it is wrong: line and column.
 *
 * @module
 */
import { basename } from "node:path";
import { type Document, isScalar, type Node, parseDocument, visit } from "yaml";
import type * as z from "zod";
import { HiatusError } from "../errors.ts";
import { closest } from "./closest.ts";
import { type ImageDefinition, ImageDefinitionSchema } from "./definition.ts";
import { decodeUtf8, type Place, placeOf } from "./text.ts";

/** Most bytes of a definition; ours has 1,500. */
const SIZE_LIMIT = 1024 * 1024;

/** One thing that is wrong, and where. */
interface Problem extends Place {
  readonly message: string;
}

/**
 * Reads a definition.
 *
 * @param content - UTF-8.
 * @param file - Name that errors show.
 * @throws HiatusError `CONFIG` naming every problem with line and column.
 */
export function parseDefinition(content: Uint8Array, file: string): ImageDefinition {
  if (content.byteLength > SIZE_LIMIT) {
    throw refuse(file, [{ message: `has more than ${SIZE_LIMIT} bytes`, line: 1, column: 1 }]);
  }
  const decoded = decodeUtf8(content);
  if (typeof decoded !== "string") {
    throw refuse(file, [{ message: "this is not UTF-8", ...decoded }]);
  }
  return parseText(decoded, file);
}

function parseText(text: string, file: string): ImageDefinition {
  const document = parseDocument(text, { uniqueKeys: true, stringKeys: true });
  const at = (offset: number, message: string): Problem => ({ message, ...placeOf(text, offset) });
  const broken = [...document.errors, ...document.warnings].map((error) =>
    at(
      error.pos[0],
      error.code === "MULTIPLE_DOCS"
        ? "a second document begins; one file defines one image"
        : (error.message.split(/ at line |\n/)[0] ?? ""),
    ),
  );
  visit(document, {
    // A way to make much of little, and nothing that a definition needs.
    Alias: (_, { range }) => {
      broken.push(at(range?.[0] ?? 0, "aliases are not read here; write the value out"));
    },
    // JavaScript would lose it without a word.
    Pair: (_, { key }) => {
      if (!isScalar(key) || key.value !== "__proto__") return;
      broken.push(at(key.range?.[0] ?? 0, 'the key "__proto__" cannot be used'));
    },
  });
  if (broken.length > 0) throw refuse(file, broken);

  const parsed = ImageDefinitionSchema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return parsed.data;
  throw refuse(
    file,
    parsed.error.issues.flatMap((issue) => {
      if (issue.code === "unrecognized_keys") {
        return issue.keys.map((key) =>
          at(find(document, [...issue.path, key], true).offset, unknownKey(key, issue.path)),
        );
      }
      const { offset, node } = find(document, issue.path, issue.code === "invalid_key");
      return [at(offset, messageOf(issue, node))];
    }),
  );
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  if (path.length > 0) return `unknown key "${key}"`;
  const known = Object.keys(ImageDefinitionSchema.shape);
  const meant = closest(key, known);
  const list = `known are ${known.join(", ")}`;
  return `unknown key "${key}"; ${meant === undefined ? list : `did you mean "${meant}"?`}`;
}

/** What is wrong in the words of YAML, where the schema's own would not help. */
function messageOf(issue: z.core.$ZodIssue, node: Node | undefined): string {
  const where = issue.path.map(String).join(".");
  const subject = where === "" ? "" : `${where}: `;
  if (issue.code === "invalid_key") {
    return `${subject}${issue.issues.map(({ message }) => message).join("; ")}`;
  }
  if (issue.code === "invalid_type") {
    if (node === undefined) {
      return where === "" ? "the document is empty" : `the key "${where}" is missing`;
    }
    const source = isScalar(node) ? (node.source ?? "") : "";
    // YAML reads 3.10 as the number 3.1, and nobody can tell afterwards what was meant.
    if (issue.expected === "string" && source !== "") {
      return `${subject}YAML does not read this as text; write it in quotes: "${source}"`;
    }
    if (isScalar(node) && node.value === null) return `${subject}there is no value`;
  }
  return `${subject}${issue.message}`;
}

/** Where a value or its key stands, or else the nearest parent that exists; and the node itself if it exists. */
function find(
  document: Document,
  path: readonly PropertyKey[],
  ofKey: boolean,
): { readonly offset: number; readonly node: Node | undefined } {
  let node = (document.contents ?? undefined) as Node | undefined;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const items = (node as { readonly items?: readonly unknown[] } | undefined)?.items ?? [];
    if (typeof step === "number") {
      node = items[step] as Node | undefined;
    } else {
      const pair = items.find((item) => keyOf(item) === String(step)) as Pair | undefined;
      const isLast = depth === path.length - 1;
      node = isLast && ofKey ? pair?.key : (pair?.value ?? pair?.key);
    }
    if (node === undefined) return { offset, node };
    offset = node.range?.[0] ?? offset;
  }
  return { offset, node };
}

/** A pair of a map, its key a scalar because `stringKeys` is set. */
interface Pair {
  readonly key: Node;
  readonly value: Node | null;
}

function keyOf(item: unknown): string | undefined {
  const key = (item as Partial<Pair> | null)?.key;
  return isScalar(key) ? String(key.value) : undefined;
}

function refuse(file: string, problems: readonly Problem[]): HiatusError {
  const list = problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  return new HiatusError(
    "CONFIG",
    `The definition "${basename(file)}" is wrong\n  ${list.join("\n  ")}`,
    {
      detail: { file, problems },
      hint: "Mend these places; images/schemas/image.schema.json tells what is allowed",
    },
  );
}
