/**
 * Reads `image.yaml` and says where it is wrong: file, line and column.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type Document, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import { HiatusError } from "../errors.ts";
import { packageRoot } from "../package-root.ts";
import { type ImageDefinition, ImageDefinitionSchema } from "./definition.ts";

/** A definition and where it came from. */
export interface LocatedDefinition {
  readonly definition: ImageDefinition;
  /** Absolute path of the folder that holds `image.yaml`; the lock lies beside it. */
  readonly folder: string;
}

/**
 * Finds and reads an image definition.
 *
 * @param image - Name of an image under `images/`, a folder that holds `image.yaml`, or a YAML file.
 * @param cwd - Folder that relative paths and `images/` are looked for in; the package's own images come after.
 * @throws HiatusError `CONFIG` with `detail.problems` (message, line, column) when it is missing or wrong.
 */
export async function readDefinition(image: string, cwd: string): Promise<LocatedDefinition> {
  const file = await findDefinition(image, cwd);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new HiatusError("CONFIG", `Cannot read "${file}"`, {
      cause,
      hint: "Check the path and its permissions",
    });
  });
  return { definition: parseDefinition(text, file), folder: resolve(file, "..") };
}

async function findDefinition(image: string, cwd: string): Promise<string> {
  const isName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(image) && !/\.ya?ml$/.test(image);
  const candidates = isName
    ? [join(cwd, "images", image), join(packageRoot(), "images", image)]
    : [resolve(cwd, image)];
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile()) return candidate;
    if (found?.isDirectory()) return join(candidate, "image.yaml");
  }
  throw new HiatusError("CONFIG", `No image definition "${image}"`, {
    detail: { looked: candidates },
    hint: isName
      ? `Write images/${image}/image.yaml, or name a folder or file that has one`
      : "Name an image under images/, a folder with an image.yaml, or a YAML file",
  });
}

/** One thing that is wrong, where. Lines and columns count from one. */
interface Problem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Reads the text of a definition.
 *
 * @param file - Name that errors show.
 * @throws HiatusError `CONFIG` naming every problem with line and column.
 */
export function parseDefinition(text: string, file: string): ImageDefinition {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    stringKeys: true,
    maxAliasCount: 0,
  } as never);
  const at = (offset: number, message: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { message, line, column: col };
  };
  if (document.errors.length > 0) {
    throw refuse(
      file,
      document.errors.map((error) => at(error.pos[0], error.message.split(/ at line|\n/)[0] ?? "")),
    );
  }
  const parsed = ImageDefinitionSchema.safeParse(plain(document));
  if (parsed.success) return parsed.data;
  throw refuse(
    file,
    parsed.error.issues.flatMap((issue) => {
      const keys = issue.code === "unrecognized_keys" ? issue.keys : [];
      if (keys.length > 0) {
        return keys.map((key) =>
          at(
            offsetOf(document, [...issue.path, key], true),
            `unknown key "${key}"${known(issue.path)}`,
          ),
        );
      }
      const where = issue.path.map(String).join(".");
      return [
        at(
          offsetOf(document, issue.path, issue.code === "invalid_key"),
          `${where === "" ? "document" : where}: ${issue.message}`,
        ),
      ];
    }),
  );
}

function known(path: readonly PropertyKey[]): string {
  return path.length > 0
    ? ""
    : `; known are ${Object.keys(ImageDefinitionSchema.shape).join(", ")}`;
}

/** YAML reads `version: 3.10` as the number 3.1; the schema then asks for quotes instead of guessing. */
function plain(document: Document): unknown {
  return document.toJS({ maxAliasCount: 0 });
}

/** Byte offset of a value, of its key, or of the nearest parent that exists. */
function offsetOf(document: Document, path: readonly PropertyKey[], ofKey: boolean): number {
  let node: unknown = document.contents;
  let offset = (node as Node | null)?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const items = (node as { items?: unknown[] } | null)?.items;
    if (!Array.isArray(items)) break;
    const last = depth === path.length - 1;
    if (typeof step === "number") {
      node = items[step];
    } else {
      const pair = items.find(
        (item) => (item as { key?: unknown }).key !== undefined && keyOf(item) === String(step),
      ) as { key: Node; value: Node | null } | undefined;
      if (pair === undefined) break;
      node = last && ofKey ? pair.key : (pair.value ?? pair.key);
    }
    offset = (node as Node | undefined)?.range?.[0] ?? offset;
  }
  return offset;
}

function keyOf(pair: unknown): string {
  const key = (pair as { key: unknown }).key;
  return String(isScalar(key) ? key.value : key);
}

function refuse(file: string, problems: readonly Problem[]): HiatusError {
  const list = problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  return new HiatusError(
    "CONFIG",
    `The definition ${basename(file)} is wrong\n  ${list.join("\n  ")}`,
    {
      detail: { file, problems },
      hint: "Mend these places; images/schemas/image.schema.json tells what is allowed",
    },
  );
}
