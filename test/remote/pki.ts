/** A small authority of our own, made anew for each run by openssl: no key lies in the repository, and none expires. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key as PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Certificates for tests. */
export interface Pki {
  /** The folder with all files, for those who want paths: `ca.crt`, `good.crt`, `good.key`, … */
  readonly folder: string;
  readonly ca: string;
  /** For localhost and 127.0.0.1. */
  readonly good: Pair;
  /** For other.example. */
  readonly wrongHost: Pair;
  /** Valid in 2020 only. */
  readonly expired: Pair;
  /** Signed by itself, for localhost and 127.0.0.1. */
  readonly self: Pair;
  remove(): void;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const HERE = "subjectAltName=DNS:localhost,IP:127.0.0.1";

/** Makes an authority and what it signs. Takes a tenth of a second. */
export function makePki(): Pki {
  const folder = mkdtempSync(join(tmpdir(), "hiatus-pki-"));
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  const read = (name: string): Pair => ({
    cert: readFileSync(join(folder, `${name}.crt`), "utf8"),
    key: readFileSync(join(folder, `${name}.key`), "utf8"),
  });
  const files = (name: string): string[] => ["-keyout", `${name}.key`, "-out", `${name}.crt`];
  openssl(
    "req",
    "-x509",
    ...KEY,
    ...files("ca"),
    "-subj",
    "/CN=Test authority",
    "-addext",
    "keyUsage=keyCertSign",
  );
  openssl("req", "-x509", ...KEY, ...files("self"), "-subj", "/CN=self", "-addext", HERE);
  writeFileSync(join(folder, "index"), "");
  writeFileSync(join(folder, "serial"), "01");
  writeFileSync(join(folder, "ca.cnf"), CONFIG);
  const leaf = (name: string, section: string, ...dates: string[]): Pair => {
    openssl("req", ...KEY, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    openssl(
      "ca",
      "-batch",
      "-notext",
      "-config",
      "ca.cnf",
      "-cert",
      "ca.crt",
      "-keyfile",
      "ca.key",
      "-extensions",
      section,
      "-in",
      `${name}.csr`,
      "-out",
      `${name}.crt`,
      ...dates,
    );
    return read(name);
  };
  return {
    folder,
    ca: read("ca").cert,
    good: leaf("good", "here", "-days", "30"),
    wrongHost: leaf("wrong-host", "there", "-days", "30"),
    expired: leaf(
      "expired",
      "here",
      "-startdate",
      "20200101000000Z",
      "-enddate",
      "20200201000000Z",
    ),
    self: read("self"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const CONFIG = `
[ca]
default_ca = authority
[authority]
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[here]
${HERE}
[there]
subjectAltName = DNS:other.example
`;
