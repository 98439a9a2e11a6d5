/**
 * Credentials from variables of the environment: `HIATUS_<NAME>_USERNAME` with `HIATUS_<NAME>_PASSWORD`, or
 * `HIATUS_<NAME>_TOKEN`. Each may be a file instead: `HIATUS_<NAME>_PASSWORD_FILE`.
 *
 * `<NAME>` is one of
 * - the name of a mirror, in upper case, with `_` for everything but letters and digits: `aliyun-cn` is `ALIYUN_CN`;
 * - the host of a registry, in upper case, with `_` for dots and colons and `__` for hyphens: `my-registry.example:5000` is
 *   `MY__REGISTRY_EXAMPLE_5000`. Two underscores, because with one the password for `my.registry.example` would go to whoever
 *   owns `my-registry.example`. (Terraform's `TF_TOKEN_` variables have the same rule.)
 *
 * `TOKEN` goes to the registry as it is, as a Bearer token. A personal access token is a password for most registries: set
 * USERNAME and PASSWORD. With the user `<token>` the password is a refresh token for the token service, as in credential helpers.
 * A variable that is empty counts as not set.
 *
 * @module
 */
import { HiatusError } from "../../errors.ts";
import type { Credential, CredentialSource } from "../credentials.ts";
import { normalRegistry } from "./names.ts";
import { readSecretFile } from "./read-file.ts";
import { basicCredential, identityToken, registryToken } from "./secrets.ts";

/** How the environment is read. */
export interface EnvironmentOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The name of the mirror, where the registry has one; it goes before the host. */
  readonly mirror?: string | undefined;
}

/** The beginning of the variables for a mirror: `HIATUS_ALIYUN_CN`. */
export function mirrorVariable(mirror: string): string {
  return `HIATUS_${mirror.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}

/** The beginning of the variables for a registry: `HIATUS_MY__REGISTRY_EXAMPLE_5000`. No two hosts share one. */
export function registryVariable(registry: string): string {
  const host = normalRegistry(registry).toUpperCase();
  return `HIATUS_${host.replaceAll("-", "__").replace(/[^A-Z0-9_]/g, "_")}`;
}

/**
 * A source over variables.
 *
 * @throws HiatusError `CONFIG` (by the source) when a variable lacks its other half, contradicts another one or names a file that
 * cannot be read.
 */
export function environmentSource(options: EnvironmentOptions): CredentialSource {
  const { env, mirror } = options;
  return async (registry) => {
    const named = mirror === undefined ? undefined : await read(env, mirrorVariable(mirror));
    return named ?? read(env, registryVariable(registry));
  };
}

async function read(env: EnvironmentOptions["env"], name: string): Promise<Credential | undefined> {
  const [username, password, token] = await Promise.all(
    ["USERNAME", "PASSWORD", "TOKEN"].map((kind) => readVariable(env, `${name}_${kind}`)),
  );
  if (token !== undefined) {
    if (username === undefined && password === undefined)
      return registryToken(token, `${name}_TOKEN`);
    throw wrong(
      `${name}_TOKEN is set, and so is ${name}_USERNAME or ${name}_PASSWORD`,
      "Set either the token, or the user and the password",
    );
  }
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined) {
    const [set, other] =
      username === undefined ? ["PASSWORD", "USERNAME"] : ["USERNAME", "PASSWORD"];
    throw wrong(
      `${name}_${set} is set, but ${name}_${other} is not`,
      `Set ${name}_${other} as well, or neither of them`,
    );
  }
  const where = `${name}_PASSWORD`;
  return username === "<token>"
    ? identityToken(password, where)
    : basicCredential(username, password, where);
}

async function readVariable(
  env: EnvironmentOptions["env"],
  name: string,
): Promise<string | undefined> {
  const value = env[name] || undefined;
  const path = env[`${name}_FILE`] || undefined;
  if (path === undefined) return value;
  if (value !== undefined) {
    throw wrong(`${name} is set, and so is ${name}_FILE`, "Set one of them");
  }
  const text = await readSecretFile(path);
  // Editors and echo end a file with a line end, which no password has on purpose.
  const secret = text?.replace(/\r?\n$/, "");
  if (secret === undefined || secret === "") {
    const why = secret === undefined ? "is not there" : "is empty";
    throw wrong(
      `${name}_FILE names "${path}", which ${why}`,
      `Write the file, or unset ${name}_FILE`,
    );
  }
  return secret;
}

function wrong(message: string, hint: string): HiatusError {
  return new HiatusError("CONFIG", message, { hint });
}
