/**
 * Roots that are trusted besides those that come with the runtime.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where systems keep their roots in one file; the first that is there counts, as with Go. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const CERTIFICATE_LIMIT = 4096;

/** Roots of the runtime, of the system and of `NODE_EXTRA_CA_CERTS` as PEM, each once. */
export async function extraRoots(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<readonly string[]> {
  const tls = await import("node:tls");
  const { getCACertificates } = tls as { getCACertificates?: (kind: string) => readonly string[] };
  const own = environment.SSL_CERT_FILE ?? "";
  const texts = await Promise.all([
    own === "" ? firstOf(BUNDLES) : readText(own),
    ...(environment.SSL_CERT_DIR ?? "")
      .split(":")
      .filter((folder) => folder !== "")
      .map(folderText),
    readText(environment.NODE_EXTRA_CA_CERTS ?? ""),
  ]);
  const found = texts.flatMap(certificatesIn);
  // Windows and macOS keep no files; Node from 22.15 on asks them.
  const asked = found.length === 0 ? (getCACertificates?.("system") ?? []) : [];
  const roots = new Map<string, string>();
  for (const pem of [...tls.rootCertificates, ...asked, ...found]) {
    roots.set(pem.replace(/\s/g, ""), pem);
  }
  return [...roots.values()];
}

/** The certificates of a PEM text, whatever else is written around them. */
export function certificatesIn(text: string): readonly string[] {
  return (text.match(CERTIFICATE) ?? []).slice(0, CERTIFICATE_LIMIT);
}

async function firstOf(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const text = await readText(path);
    if (text !== "") return text;
  }
  return "";
}

/** What cannot be read is no root; who misses one hears of it from the certificate that fails. */
async function readText(path: string): Promise<string> {
  if (path === "") return "";
  try {
    return await readFile(path, "utf8");
  } catch {
    return "";
  }
}

async function folderText(folder: string): Promise<string> {
  try {
    const names = (await readdir(folder)).slice(0, CERTIFICATE_LIMIT);
    const texts = await Promise.all(names.map((name) => readText(join(folder, name))));
    return texts.join("\n");
  } catch {
    return "";
  }
}
