/**
 * Who may pass: a name and a password by the Basic scheme, for everything or for pushing only.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617
 * @module
 */
import type { Incoming, Outgoing } from "./exchange.ts";
import { refuse } from "./refusal.ts";

/** Is it the password of that name? `busy` when too many ask at once. */
export type Authenticate = (name: string, password: string) => Promise<boolean | "busy">;

/** What the gate is made of. */
export interface GateOptions {
  /**
   * Checks a name and its password.
   * @default everybody may do everything
   */
  readonly authenticate?: Authenticate | undefined;
  /**
   * May everybody pull? `/v2/` then answers everybody too, as pulling clients ask there whether to send a password;
   * those that only send one when they are asked there (docker, crane) cannot push in this mode.
   * @default false
   */
  readonly anonymousPull?: boolean | undefined;
}

/** Who came through; or the answer to who did not. */
export type Passage = { readonly user: string | undefined } | { readonly refusal: Outgoing };

const REALM = 'Basic realm="hiatus", charset="UTF-8"';

/** Makes the gate. */
export function createGate(
  options: GateOptions,
): (incoming: Incoming, pushes: boolean) => Promise<Passage> | Passage {
  const { authenticate, anonymousPull = false } = options;
  const nobody: Passage = { user: undefined };
  if (authenticate === undefined) return () => nobody;
  return async (incoming, pushes) => {
    const credential = credentialOf(incoming.header("authorization"));
    if (credential === undefined) {
      return anonymousPull && !pushes ? nobody : { refusal: unauthorized() };
    }
    const right = await authenticate(credential.name, credential.password);
    if (right === "busy") return { refusal: busy() };
    return right ? { user: credential.name } : { refusal: unauthorized() };
  };
}

/**
 * What the header carries. Some clients send an empty name and password when they have none.
 */
function credentialOf(
  header: string | undefined,
): { readonly name: string; readonly password: string } | undefined {
  const match = /^basic +([A-Za-z0-9+/]{1,1024}={0,2})$/i.exec(header ?? "");
  const text = Buffer.from(match?.[1] ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0 || text === ":") return undefined;
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function unauthorized(): Outgoing {
  return refuse(
    "UNAUTHORIZED",
    "A name and a password are needed, and those that came are not right",
    {
      headers: { "www-authenticate": REALM },
    },
  );
}

function busy(): Outgoing {
  return refuse("TOOMANYREQUESTS", "Too many passwords are being checked", {
    headers: { "retry-after": "1" },
  });
}
