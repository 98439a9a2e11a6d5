/**
 * Reads YAML files that people write, by a schema, and says where they are wrong: line and column.
 *
 * @module
 */
import { basename } from "node:path";
import { type Document, isScalar, type Node, parseDocument, visit } from "yaml";
import type * as z from "zod";
import { HiatusError } from "../errors.ts";
import { closest } from "./closest.ts";
import { decodeUtf8, type Place, placeOf } from "./text.ts";

/** Most bytes of a file; ours have 1,500. */
const SIZE_LIMIT = 1024 * 1024;

/** One thing that is wrong, and where. */
export interface Problem extends Place {
  readonly message: string;
}

/** What a kind of file is called, and where its schema lies. */
export interface FileKind {
  /** `definition`, as in: The definition "image.yaml" is wrong. */
  readonly name: string;
  /** Below `images/schemas/`. */
  readonly schema: string;
  /** Keys that people try and that are no typing mistakes, with what to write instead. */
  readonly instead?: Readonly<Record<string, string>>;
  /** What is done to the content before the schema sees it; `problem` says what is wrong with the value at a path. */
  readonly prepare?: (
    value: unknown,
    problem: (path: readonly PropertyKey[], message: string) => void,
  ) => unknown;
}

/** A file that was read. */
export interface ParsedYaml<T> {
  readonly data: T;
  /** Where a value stands, or the nearest of its parents that was written. */
  place(path: readonly PropertyKey[]): Place;
}

/**
 * Reads a file.
 *
 * @param content - UTF-8.
 * @param file - Name that errors show.
 * @throws HiatusError `CONFIG` naming every problem with line and column.
 */
export function parseYaml<S extends z.ZodObject>(
  content: Uint8Array,
  file: string,
  schema: S,
  kind: FileKind,
): ParsedYaml<z.output<S>> {
  if (content.byteLength > SIZE_LIMIT) {
    const message = `has more than ${SIZE_LIMIT} bytes`;
    throw yamlError(file, kind, [{ message, line: 1, column: 1 }]);
  }
  const decoded = decodeUtf8(content);
  if (typeof decoded !== "string") {
    throw yamlError(file, kind, [{ message: "this is not UTF-8", ...decoded }]);
  }
  return parseText(decoded, file, schema, kind);
}

function parseText<S extends z.ZodObject>(
  text: string,
  file: string,
  schema: S,
  kind: FileKind,
): ParsedYaml<z.output<S>> {
  const document = parseDocument(text, { uniqueKeys: true, stringKeys: true });
  const at = (offset: number, message: string): Problem => ({ message, ...placeOf(text, offset) });
  const broken = [...document.errors, ...document.warnings].map((error) =>
    at(
      error.pos[0],
      error.code === "MULTIPLE_DOCS"
        ? "a second document begins; one file holds one"
        : (error.message.split(/ at line |\n/)[0] ?? ""),
    ),
  );
  visit(document, {
    // A way to make much of little, and nothing that these files need.
    Alias: (_, { range }) => {
      broken.push(at(range?.[0] ?? 0, "aliases are not read here; write the value out"));
    },
    // JavaScript would lose it without a word.
    Pair: (_, { key }) => {
      if (!isScalar(key) || key.value !== "__proto__") return;
      broken.push(at(key.range?.[0] ?? 0, 'the key "__proto__" cannot be used'));
    },
  });
  if (broken.length > 0) throw yamlError(file, kind, broken);

  const place = (path: readonly PropertyKey[]): Place =>
    placeOf(text, find(document, path, false).offset);
  const unfit: Problem[] = [];
  const raw: unknown = document.toJS({ maxAliasCount: 0 });
  const value =
    kind.prepare?.(raw, (path, message) => unfit.push({ message, ...place(path) })) ?? raw;
  if (unfit.length > 0) throw yamlError(file, kind, unfit);
  const parsed = schema.safeParse(value);
  if (parsed.success) return { data: parsed.data, place };
  const problems = parsed.error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) =>
        at(
          find(document, [...issue.path, key], true).offset,
          kind.instead?.[key] ?? unknownKey(key, knownKeys(schema, issue.path)),
        ),
      );
    }
    const { offset, node } = find(document, issue.path, issue.code === "invalid_key");
    return [at(offset, messageOf(issue, node))];
  });
  throw yamlError(file, kind, problems);
}

/** The keys that an object of the schema may have; none where the schema is something else there. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at = unwrap(schema);
  for (const step of path) {
    const { def } = at._zod as unknown as { readonly def: InnerDef };
    const next = def.shape?.[String(step)] ?? def.element ?? def.valueType;
    if (next === undefined) return [];
    at = unwrap(next);
  }
  const { def } = at._zod as unknown as { readonly def: InnerDef };
  return Object.keys(def.shape ?? {});
}

/** The parts of a schema's definition that hold other schemas. */
interface InnerDef {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
}

/** Without what only makes it optional or gives it a default. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as unknown as { readonly def: InnerDef };
  return def.innerType === undefined ? schema : unwrap(def.innerType);
}

function unknownKey(key: string, known: readonly string[]): string {
  if (known.length === 0) return `unknown key "${key}"`;
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

/** The error that names every problem of a file. */
export function yamlError(file: string, kind: FileKind, problems: readonly Problem[]): HiatusError {
  const list = problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  return new HiatusError(
    "CONFIG",
    `The ${kind.name} "${basename(file)}" is wrong\n  ${list.join("\n  ")}`,
    {
      detail: { file, problems },
      hint: `Mend these places; images/schemas/${kind.schema} tells what is allowed`,
    },
  );
}
