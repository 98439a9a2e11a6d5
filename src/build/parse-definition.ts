/**
 * Reads the text of an `image.yaml`.
 *
 * @module
 */
import { type ImageDefinition, ImageDefinitionSchema } from "./definition.ts";
import { type FileKind, parseYaml } from "./parse-yaml.ts";

const KIND: FileKind = { name: "definition", schema: "image.schema.json" };

/**
 * Reads a definition.
 *
 * @param content - UTF-8.
 * @param file - Name that errors show.
 * @throws HiatusError `CONFIG` naming every problem with line and column.
 */
export function parseDefinition(content: Uint8Array, file: string): ImageDefinition {
  return parseYaml(content, file, ImageDefinitionSchema, KIND).data;
}
