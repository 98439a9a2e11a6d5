/**
 * Certificates and keys as files: given by name, or kept as Docker keeps them.
 *
 * @see https://docs.docker.com/engine/security/certificates/
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HiatusError } from "../errors.ts";
import type { ClientCertificate, TlsOptions } from "./tls.ts";
import { certificatesIn } from "./tls-roots.ts";

/** Paths of PEM files. */
export interface TlsFiles {
  /** Roots to trust as well. */
  readonly ca?: string | undefined;
  /** The client's certificate; wants `key`. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * Reads certificates and keys that a user named.
 *
 * @throws HiatusError `CONFIG` when a file cannot be read or has no PEM, or when only one of certificate and key is given.
 */
export async function readTlsFiles({ ca, cert, key }: TlsFiles): Promise<TlsOptions> {
  if ((cert === undefined) !== (key === undefined)) {
    throw new HiatusError("CONFIG", "A client certificate and its key go together", {
      hint: "Give both files, or none",
    });
  }
  return {
    ...(ca === undefined ? {} : { ca: [await readPem(ca, "CERTIFICATE")] }),
    ...(cert === undefined || key === undefined
      ? {}
      : { certificates: [await readPair(cert, key)] }),
  };
}

/**
 * What `/etc/docker/certs.d/HOST:PORT/` has for a registry: each `.crt` is a root, each `.cert` the certificate of the `.key` with the
 * same name. Undefined when there is no such folder or nothing in it.
 *
 * @throws HiatusError `CONFIG` when a file cannot be read or has no PEM, or when a certificate has no key or a key no certificate.
 */
export async function readCertsFolder(
  registry: string,
  folder = "/etc/docker/certs.d",
): Promise<TlsOptions | undefined> {
  // The name becomes a path.
  if (/[/\\]|^\.\.?$/.test(registry)) return undefined;
  const path = join(folder, registry);
  const names = await filesIn(path);
  const ending = (suffix: string): readonly string[] =>
    names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
  const [roots, certs, keys] = [ending(".crt"), ending(".cert"), ending(".key")];
  const alone = [...certs, ...keys].find((name) => !certs.includes(name) || !keys.includes(name));
  if (alone !== undefined) {
    throw new HiatusError("CONFIG", `"${join(path, alone)}" has only one of .cert and .key`, {
      detail: { path },
      hint: "A client certificate NAME.cert goes with NAME.key; roots end in .crt",
    });
  }
  if (roots.length + certs.length === 0) return undefined;
  const at = (name: string, suffix: string): string => join(path, `${name}${suffix}`);
  return {
    ca: await Promise.all(roots.map((name) => readPem(at(name, ".crt"), "CERTIFICATE"))),
    certificates: await Promise.all(
      certs.map((name) => readPair(at(name, ".cert"), at(name, ".key"))),
    ),
  };
}

async function filesIn(path: string): Promise<readonly string[]> {
  try {
    return readdirSync(path).sort();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw unreadable(path, code ?? "it cannot be read", cause);
  }
}

async function readPair(cert: string, key: string): Promise<ClientCertificate> {
  return { cert: await readPem(cert, "CERTIFICATE"), key: await readPem(key, "PRIVATE KEY") };
}

async function readPem(path: string, kind: "CERTIFICATE" | "PRIVATE KEY"): Promise<string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw unreadable(path, (cause as NodeJS.ErrnoException).code ?? "it cannot be read", cause);
  }
  if (kind === "PRIVATE KEY") {
    if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(text))
      throw unreadable(path, "it has no PEM key");
    return text;
  }
  // Comments between certificates are usual, and not every parser reads over them.
  const certificates = certificatesIn(text);
  if (certificates.length === 0) throw unreadable(path, "it has no PEM certificate");
  return certificates.join("\n");
}

function unreadable(path: string, why: string, cause?: unknown): HiatusError {
  return new HiatusError("CONFIG", `Cannot use "${path}" for TLS: ${why}`, {
    detail: { path },
    hint: "Name a PEM file that you may read",
    ...(cause === undefined ? {} : { cause }),
  });
}
