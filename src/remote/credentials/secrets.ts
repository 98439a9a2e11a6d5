/**
 * Secrets, and how they stay secret. Credentials are made here and nowhere else: what is secret in them is no enumerable
 * property, so that neither JSON nor `util.inspect` nor a spread shows it, and text from outside is cleaned of it before it
 * gets into a message.
 *
 * @module
 */
import { HiatusError } from "../../errors.ts";
import type { Credential } from "../credentials.ts";

/** Most secrets that are remembered for cleaning; a process has a handful of credentials and some tokens at a time. */
const MOST = 512;
/** What is shorter stands in any text, and taking it out would only show where it was. */
const SHORTEST = 4;

/** The ways in which each secret may be written. The oldest are forgotten first. */
const known = new Map<string, readonly string[]>();
/** All of them, the longest first, so that no part of one is taken out of the middle of another. Made when it is needed. */
let writings: readonly string[] | undefined;

/**
 * A user and a password.
 *
 * @param where what they came from, for errors: a file, a variable, a helper. Never anything secret.
 * @throws HiatusError `CONFIG` when they cannot be told apart on the way: a colon in the user, a control character.
 */
export function basicCredential(username: string, password: string, where: string): Credential {
  if (username.includes(":") || hasControl(username)) {
    throw unusable(where, "its user name has a colon or a control character in it");
  }
  if (hasControl(password)) throw unusable(where, "its password has a control character in it");
  rememberSecret(password, basicToken(username, password));
  return hide({ kind: "basic", username, password }, "password");
}

/**
 * A refresh token, which only the token service takes.
 *
 * @param username the name to send beside it where the service knows only Basic. @default "<token>"
 * @throws HiatusError `CONFIG` when it holds what no token holds.
 */
export function identityToken(token: string, where: string, username = "<token>"): Credential {
  checkToken(token, where);
  rememberSecret(token, basicToken(username, token));
  return hide({ kind: "identity-token", token, username }, "token");
}

/**
 * A token for the registry itself.
 *
 * @throws HiatusError `CONFIG` when it holds what no token holds.
 */
export function registryToken(token: string, where: string): Credential {
  checkToken(token, where);
  rememberSecret(token);
  return hide({ kind: "registry-token", token }, "token");
}

/** What stands behind `Basic ` in a header. RFC 7617, as UTF-8. */
export function basicToken(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`, "utf8").toString("base64");
}

/** Makes {@link withoutSecrets} know a credential that was not made here. */
export function rememberCredential(credential: Credential): void {
  if (credential.kind === "basic") {
    const { username, password } = credential;
    rememberSecret(password, basicToken(username, password));
  } else rememberSecret(credential.token);
}

/** Makes {@link withoutSecrets} know some secrets. */
export function rememberSecret(...secrets: readonly string[]): void {
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    const ways = known.get(secret) ?? writingsOf(secret);
    known.delete(secret);
    known.set(secret, ways);
  }
  for (const oldest of known.keys()) {
    if (known.size <= MOST) break;
    known.delete(oldest);
  }
  writings = undefined;
}

/**
 * The text with every secret that this process holds taken out: as it is, in base64 (also as a part of something longer), in a
 * URL and in JSON. For texts that come from outside, which may repeat what was sent.
 */
export function withoutSecrets(text: string): string {
  writings ??= [...known.values()].flat().sort((a, b) => b.length - a.length);
  let clean = text;
  for (const writing of writings) {
    if (clean.includes(writing)) clean = clean.replaceAll(writing, "***");
  }
  return clean;
}

function writingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, "utf8");
  // Half a surrogate pair cannot be written into a URL.
  const wellFormed = bytes.toString("utf8");
  const all = [
    secret,
    encodeURIComponent(wellFormed),
    new URLSearchParams([["", wellFormed]]).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    // As headers read it.
    bytes.toString("latin1"),
    ...(["base64", "base64url"] as const).flatMap((encoding) => [
      bytes.toString(encoding),
      ...[0, 1, 2].map((offset) => middleOf(bytes, offset, encoding)),
    ]),
  ];
  return [...new Set(all)].filter((writing) => writing.length >= SHORTEST);
}

/** What base64 makes of the bytes alone when others stand before and behind them. */
function middleOf(bytes: Uint8Array, offset: number, encoding: "base64" | "base64url"): string {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const text = padded.toString(encoding).replace(/=+$/, "");
  const middle = text.slice(Math.ceil((offset * 8) / 6), Math.floor((padded.length * 8) / 6));
  // Few characters stand anywhere.
  return middle.length < 8 ? "" : middle;
}

function hide<T extends Credential>(credential: T, secret: string & keyof T): T {
  return Object.freeze(Object.defineProperty(credential, secret, { enumerable: false }));
}

function checkToken(token: string, where: string): void {
  if (!/^[!-~]+$/.test(token)) {
    throw unusable(where, "its token is empty or has a space or a control character in it");
  }
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function unusable(where: string, why: string): HiatusError {
  return new HiatusError("CONFIG", `The credential from ${where} cannot be used: ${why}`, {
    detail: { where },
    hint: "Log in again, or write it anew",
  });
}
