/**
 * Files of credentials: Docker's `config.json` and Podman's `auth.json`, which share one format.
 *
 * @see https://github.com/docker/cli/blob/v28.3.0/cli/config/configfile/file.go
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-auth.json.5.md
 * @module
 */
import { HiatusError, isHiatusError } from "../../errors.ts";
import { parseJson } from "../../oci/json.ts";
import type { Credential } from "../credentials.ts";
import { isHelperName } from "./helper.ts";
import { lineOf, lineOfMistake } from "./json-place.ts";
import { type CredentialKey, fitOf, normalRegistry, parseKey } from "./names.ts";
import { readSecretFile } from "./read-file.ts";
import { basicCredential, identityToken, registryToken } from "./secrets.ts";

/** What a file of credentials holds. */
export interface AuthFile {
  readonly path: string;
  /** In the order of the file. An entry may be empty, where a helper keeps what belongs into it. */
  readonly entries: readonly AuthEntry[];
  /** The name of the helper for each registry, keyed by its normal name. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The name of the helper for all registries. */
  readonly store: string | undefined;
}

interface AuthEntry {
  readonly key: CredentialKey;
  /** As it is written. */
  readonly name: string;
  /** Decoded when asked for, so that a broken entry is in nobody's way but its own registry's. */
  readonly credential: () => Credential | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a file of credentials.
 *
 * @returns undefined when there is no such file.
 * @throws HiatusError `CONFIG` when it cannot be read or is broken: with its path and line, and nothing of what it holds.
 */
export async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  const text = await readSecretFile(path);
  return text === undefined ? undefined : parseAuthFile(text, path);
}

/**
 * Reads the text of a file of credentials.
 *
 * @throws HiatusError `CONFIG`, as {@link readAuthFile}.
 */
export function parseAuthFile(text: string, path: string): AuthFile {
  const root = asObject(read(text, path), path, "it");
  const auths = asObject(root.auths ?? {}, path, '"auths"');
  const helpers = Object.entries(asObject(root.credHelpers ?? {}, path, '"credHelpers"'));
  return {
    path,
    entries: Object.entries(auths).map(([name, entry]) => ({
      key: parseKey(name),
      name,
      credential: () => decode(asObject(entry ?? {}, path, "an entry"), shownKey(name), path),
    })),
    helpers: new Map(
      helpers.map(([name, helper]) => [parseKey(name).host, helperName(helper, path)]),
    ),
    store:
      root.credsStore === undefined || root.credsStore === ""
        ? undefined
        : helperName(root.credsStore, path),
  };
}

/**
 * The credential of the entry that fits best: the longest namespace first, then the key that is written as the registry is.
 *
 * @throws HiatusError `CONFIG` when that entry is broken.
 */
export function findEntry(
  file: AuthFile,
  registry: string,
  repository: string,
): Credential | undefined {
  const fitting = file.entries
    .map((entry) => ({ entry, fit: fitOf(entry.key, registry, repository) }))
    .filter((found): found is { entry: AuthEntry; fit: number } => found.fit !== undefined)
    .sort(
      (a, b) =>
        b.fit - a.fit || Number(b.entry.name === registry) - Number(a.entry.name === registry),
    );
  for (const { entry } of fitting) {
    const credential = entry.credential();
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/** The helper that a file names for a registry alone. */
export function helperOf(file: AuthFile, registry: string): string | undefined {
  return file.helpers.get(normalRegistry(registry));
}

function read(text: string, path: string): unknown {
  try {
    return parseJson(text, path);
  } catch (error) {
    if (!isHiatusError(error)) throw error;
    // Neither the error nor its cause goes on: both quote the text.
    const line = lineOfMistake(text);
    if (line !== undefined) throw broken(path, "it is not JSON", line);
    const { offset } = error.detail;
    const place = typeof offset === "number" ? lineOf(text, offset) : undefined;
    throw broken(path, "a key is there twice, or it is nested too deep", place);
  }
}

function decode(entry: Fields, name: string, path: string): Credential | undefined {
  const field = (key: string): string => {
    const value = entry[key] ?? "";
    if (typeof value !== "string") throw broken(path, `"${key}" of "${name}" is not a string`);
    return value;
  };
  const where = `"${path}" for "${name}"`;
  const [username, password] = field("auth") === "" ? [] : split(field("auth"), name, path);
  const user = username ?? field("username");
  if (field("registrytoken") !== "") return registryToken(field("registrytoken"), where);
  if (field("identitytoken") !== "") {
    return identityToken(field("identitytoken"), where, user === "" ? undefined : user);
  }
  const secret = password ?? field("password");
  return user === "" && secret === "" ? undefined : basicCredential(user, secret, where);
}

/** `auth` is base64 of user, colon and password; some writers end it with zeros. */
function split(auth: string, name: string, path: string): readonly [string, string] {
  const isBase64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(auth);
  const text = isBase64 ? Buffer.from(auth, "base64").toString("utf8") : "";
  const colon = text.indexOf(":");
  if (colon < 0) {
    throw broken(path, `"auth" of "${name}" is not the base64 of a user, a colon and a password`);
  }
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, "")];
}

/** Somebody may have written a password into a URL. */
function shownKey(name: string): string {
  const { host, namespace } = parseKey(name.slice(name.lastIndexOf("@") + 1));
  const shown = namespace === "" ? host : `${host}/${namespace}`;
  return shown.replace(/[^ -~]/g, "\u{fffd}").slice(0, 200);
}

function helperName(value: unknown, path: string): string {
  if (typeof value === "string" && isHelperName(value)) return value;
  throw broken(path, "it names a credential helper by what is no name of one");
}

function asObject(value: unknown, path: string, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw broken(path, `${what} is not an object`);
}

function broken(path: string, why: string, line?: number): HiatusError {
  const place = line === undefined ? "" : ` (line ${line})`;
  return new HiatusError("CONFIG", `Cannot use the credentials in "${path}": ${why}${place}`, {
    detail: { path, line },
    hint: "Mend the file, or log in again",
  });
}
