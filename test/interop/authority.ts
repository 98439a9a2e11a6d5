/**
 * A certificate authority of a test's own, and the certificate of its server on loopback, both made by openssl.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../runtime/command.ts";

/** What a server and those who trust it need: paths of PEM files. */
export interface Authority {
  /** The authority's certificate. */
  readonly ca: string;
  /** A folder that holds it as `ca.crt`, and nothing else: what skopeo and podman take by `--cert-dir`. */
  readonly caFolder: string;
  /** The server's certificate and key, for `127.0.0.1` and `localhost`. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes them.
 *
 * @param folder - Where to; it is made.
 * @throws Error when openssl fails.
 */
export async function makeAuthority(folder: string): Promise<Authority> {
  const caFolder = join(folder, "ca");
  await mkdir(caFolder, { recursive: true });
  const ca = join(caFolder, "ca.crt");
  const caKey = join(folder, "ca.key");
  const certificate = join(folder, "server.crt");
  const key = join(folder, "server.key");
  const request = join(folder, "server.csr");
  const extensions = join(folder, "server.ext");
  const newKey = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const openssl = (...args: readonly string[]) => run(["openssl", ...args]);
  await openssl(
    ...[...newKey, "-x509", "-days", "2", "-subj", "/CN=hiatus interop authority"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", caKey, "-out", ca],
  );
  await openssl(...newKey, "-subj", "/CN=localhost", "-keyout", key, "-out", request);
  await writeFile(
    extensions,
    "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n",
  );
  await openssl(
    ...["x509", "-req", "-days", "2", "-in", request, "-CA", ca, "-CAkey", caKey],
    ...["-CAcreateserial", "-extfile", extensions, "-out", certificate],
  );
  return { ca, caFolder, certificate, key };
}
