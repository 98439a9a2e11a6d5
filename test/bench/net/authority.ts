/**
 * A certificate for servers at the end of the long cable, which is its own authority.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../runtime/command.ts";

/** Paths of PEM files. */
export interface Authority {
  readonly certificate: string;
  readonly key: string;
  /** A folder with nothing but the certificate as `ca.crt`, which is how skopeo wants it. */
  readonly folder: string;
}

/** Makes one by openssl. @param addresses - IP addresses that it is for. */
export async function makeAuthority(
  scratch: string,
  addresses: readonly string[],
): Promise<Authority> {
  const folder = join(scratch, "authority");
  await mkdir(folder, { recursive: true });
  const certificate = join(folder, "ca.crt");
  const key = join(scratch, "authority.key");
  const names = addresses.map((address) => `IP:${address}`).join(",");
  await run([
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-nodes", "-days", "2", "-subj", "/CN=hiatus bench"],
    ...["-addext", `subjectAltName=${names}`, "-keyout", key, "-out", certificate],
  ]);
  return { certificate, key, folder };
}
