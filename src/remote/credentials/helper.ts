/**
 * Credential helpers: programs named `docker-credential-NAME`, which are asked on standard input and answer with JSON.
 *
 * @see https://github.com/docker/docker-credential-helpers/blob/v0.9.3/README.md#development
 * @module
 */
import { HiatusError } from "../../errors.ts";
import { parseJson } from "../../oci/json.ts";
import type { Credential } from "../credentials.ts";
import { type ProgramResult, runHelper } from "./run-helper.ts";
import { basicCredential, identityToken, rememberSecret, withoutSecrets } from "./secrets.ts";

/** How a helper is asked. */
export interface HelperOptions {
  /** Where the program is looked for (`PATH`), and what it gets, but for the secrets of `HIATUS_` variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until it is killed; it may have to ask a person to unlock a keychain. @default 60000 */
  readonly timeout?: number | undefined;
}

/** What every helper says, word for word, when it holds nothing. */
const NOTHING = "credentials not found in native keychain";
/** What stands for the user name where the secret is a refresh token. */
const TOKEN_USER = "<token>";

/** May a program of this name be started? No path, no option, nothing that a shell or Windows reads otherwise. */
export function isHelperName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && !name.endsWith(".");
}

/**
 * Asks a helper for the credential of a registry.
 *
 * @param name what follows `docker-credential-`, for example `ecr-login`.
 * @param server what it knows the registry by: its host, or `https://index.docker.io/v1/`.
 * @returns undefined when it holds none.
 * @throws HiatusError `CONFIG` when it cannot be started, fails, takes too long or does not answer with what helpers answer with.
 */
export async function askHelper(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  if (!isHelperName(name)) {
    throw new HiatusError("CONFIG", `"${printable(name, 80)}" is no name of a credential helper`, {
      hint: 'Write what follows "docker-credential-" in the name of the program, without a path',
    });
  }
  const result = await runHelper(program, server, { ...options, env: environmentFor(options.env) });
  if (result.status === 0) return read(result.stdout, program, server);
  if (result.stdout.trim() === NOTHING) return undefined;
  throw failure(result, program, server);
}

function read(stdout: string, program: string, server: string): Credential | undefined {
  let answer: unknown;
  try {
    answer = parseJson(stdout, program);
  } catch {
    // The cause quotes what was read.
    throw unexpected(program, server, "not JSON");
  }
  const { Username: username, Secret: secret } = (answer ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (typeof username !== "string" || typeof secret !== "string") {
    throw unexpected(program, server, 'without "Username" and "Secret"');
  }
  if (secret === "") return undefined;
  const where = `"${program}"`;
  return username === TOKEN_USER
    ? identityToken(secret, where)
    : basicCredential(username, secret, where);
}

/** Helpers need HOME, PATH, a proxy, the names of profiles; not what is meant for this program alone. */
function environmentFor(env: HelperOptions["env"]): Readonly<Record<string, string>> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^HIATUS_.*_(?:PASSWORD|TOKEN)$/i.test(entry[0]),
  );
  return Object.fromEntries(entries);
}

function unexpected(program: string, server: string, how: string): HiatusError {
  return new HiatusError("CONFIG", `"${program}" answered ${how} when asked for "${server}"`, {
    detail: { program, server },
    hint: "Update that helper, or take it out of the configuration file",
  });
}

function failure(result: ProgramResult, program: string, server: string): HiatusError {
  const said = excerpt(result);
  const how = result.status === null ? `was ended by ${result.endedBy}` : `ended ${result.status}`;
  return new HiatusError(
    "CONFIG",
    `"${program}" ${how} when asked for "${server}"${said === "" ? "" : `: ${said}`}`,
    {
      detail: { program, server, status: result.status },
      hint: "Mend what it says, log in again, or take it out of the configuration file",
    },
  );
}

/**
 * What the helper said, for people. Its answer is not among it, even a broken one, nor anything that looks as if it were
 * random: only the helper knows what in its words is secret.
 */
function excerpt({ stdout, stderr }: ProgramResult): string {
  const secret = /"Secret"\s*:\s*"((?:[^"\\]|\\.)*)"/i.exec(stdout)?.[1];
  if (secret !== undefined) rememberSecret(secret);
  const said = stderr.trim() === "" ? stdout : stderr;
  if (/[{}]|secret/i.test(said)) return "";
  const clean = withoutSecrets(said).replace(/[A-Za-z0-9+=]{20,}/g, "***");
  return printable(clean.trim(), 200);
}

function printable(text: string, length: number): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[^ -~]/g, "\u{fffd}")
    .slice(0, length);
}
