/**
 * Signed tokens as distribution's registry takes them: JWTs whose header carries the signer's certificate.
 * See https://distribution.github.io/distribution/spec/auth/jwt/.
 *
 * @module
 */
import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../runtime/command.ts";

/** How tokens are signed. */
export type TokenAlgorithm = "RS256" | "ES256";

/** What somebody may do with a repository. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** What a token says, besides who signs it. */
export interface TokenClaims {
  readonly subject: string;
  readonly audience: string;
  readonly access: readonly Access[];
  /** Seconds that it is good for, from now. */
  readonly lifetime: number;
}

/** A key that signs tokens. */
export interface TokenSigner {
  readonly issuer: string;
  /** Path of its certificate, which a registry takes as `rootcertbundle`. */
  readonly certificate: string;
  sign(claims: TokenClaims): string;
}

/** Makes a key and its certificate in a folder, which is made. */
export async function makeTokenSigner(
  folder: string,
  algorithm: TokenAlgorithm,
): Promise<TokenSigner> {
  await mkdir(folder, { recursive: true });
  const certificate = join(folder, "signer.crt");
  const keyFile = join(folder, "signer.key");
  const kind = algorithm === "RS256" ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  await run([
    ...["openssl", "req", "-x509", "-days", "2", "-nodes", "-subj", "/CN=hiatus interop tokens"],
    ...["-newkey", ...kind, "-keyout", keyFile, "-out", certificate],
  ]);
  const key = createPrivateKey(await readFile(keyFile));
  const issuer = "hiatus interop tokens";
  const { raw } = new X509Certificate(await readFile(certificate));
  const header = { typ: "JWT", alg: algorithm, x5c: [raw.toString("base64")] };
  return {
    issuer,
    certificate,
    sign({ subject, audience, access, lifetime }) {
      const now = Math.floor(Date.now() / 1000);
      // Clocks of one machine agree, but seconds are cut off.
      const times = { iat: now, nbf: now - 5, exp: now + lifetime };
      const payload = { iss: issuer, sub: subject, aud: audience, jti: randomUUID(), ...times };
      const signed = [header, { ...payload, access }].map(encode).join(".");
      // A JWT has the two numbers of an ECDSA signature side by side, not in DER.
      const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
      return `${signed}.${signature.toString("base64url")}`;
    },
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
