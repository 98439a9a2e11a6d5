/**
 * JSON Schemas of the files that people and programs read and write, made from the schemas that check them.
 *
 * @module
 */
import * as z from "zod";
import { ImageDefinitionSchema } from "../build/definition.ts";
import { LockSchema } from "../build/lock.ts";
import { BuildRecordSchema } from "../build/record.ts";
import { MirrorsFileSchema } from "./mirrors/schema.ts";
import { ReleaseReportSchema } from "./report/model.ts";

/** The schemas by file name under `images/schemas/`. Draft 2020-12. */
export function jsonSchemas(): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const make = (schema: z.ZodType, title: string, description: string) => ({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title,
    description,
    ...z.toJSONSchema(schema, { io: "input" }),
  });
  return {
    "image.schema.json": make(
      ImageDefinitionSchema,
      "Image definition",
      "What hiatus builds: images/<name>/image.yaml",
    ),
    "digests.schema.json": make(
      LockSchema,
      "Lock",
      "The digests that every build of a version must have: images/<name>/digests.json",
    ),
    "build.schema.json": make(
      BuildRecordSchema,
      "Build record",
      "Everything that a build made, and with what: dist/<name>/build.json",
    ),
    "report.schema.json": make(
      ReleaseReportSchema,
      "Release report",
      "What a release, a roll-back or a check found and did: dist/report/report.json",
    ),
    "mirrors.schema.json": make(
      MirrorsFileSchema,
      "Mirrors file",
      "Where hiatus releases an image to; images/mirrors.example.yaml goes through it line by line",
    ),
  };
}
