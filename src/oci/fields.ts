/**
 * Reading fields of untrusted JSON, each with a place for the error to name.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";

/** An object of JSON with fields not yet looked at. */
export type Fields = Readonly<Record<string, unknown>>;

/** The error for a document that breaks its specification. */
export function malformed(where: string, why: string): HiatusError {
  return new HiatusError("CONTENT", `Cannot read ${where}: ${why}`, {
    detail: { where },
    hint: "Make or fetch it again; what readers may understand differently is refused",
  });
}

/**
 * The value as an object in which no known field hides behind other letters. Go's JSON decoder
 * takes `Manifests` and `manifestſ` for `manifests`; a document must not mean more there than here.
 *
 * @throws HiatusError `CONTENT`
 */
export function asFields(value: unknown, where: string, known: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed(where, "it is not an object");
  }
  for (const key of Object.keys(value)) {
    const folded = fold(key);
    const meant = known.find((name) => name !== key && fold(name) === folded);
    if (meant !== undefined) throw malformed(where, `the field "${key}" is "${meant}" misspelt`);
  }
  return value as Fields;
}

function fold(key: string): string {
  // toLowerCase folds the Kelvin sign already; the long s it leaves alone.
  return key.toLowerCase().replaceAll("\u017f", "s");
}

/** A string, or undefined when the field is not there. */
export function optionalString(fields: Fields, name: string, where: string): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === "string") return value;
  throw malformed(where, `"${name}" is not a string`);
}

/** A string that is there and is not empty. */
export function requiredString(fields: Fields, name: string, where: string): string {
  const value = optionalString(fields, name, where);
  if (value === undefined || value === "") throw malformed(where, `"${name}" is missing`);
  return value;
}

/** A list of at most `limit` values. */
export function requiredList(
  fields: Fields,
  name: string,
  where: string,
  limit: number,
): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw malformed(where, `"${name}" is not a list`);
  if (value.length > limit) throw malformed(where, `"${name}" has more than ${limit} entries`);
  return value;
}

/** A list of strings, or undefined when the field is not there or null, as Go writes an empty list. */
export function optionalStrings(
  fields: Fields,
  name: string,
  where: string,
): readonly string[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw malformed(where, `"${name}" is not a list of strings`);
}

/** A map of strings, or undefined when the field is not there or null, as Go writes an empty map. */
export function optionalStringMap(
  fields: Fields,
  name: string,
  where: string,
): Readonly<Record<string, string>> | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (
    typeof value === "object" &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => typeof item === "string")
  ) {
    return value as Readonly<Record<string, string>>;
  }
  throw malformed(where, `"${name}" is not a map of strings`);
}
