/** Copies of this checkout: what git tracks or would track, and nothing else. */
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../../src/package-root.ts";
import { type Ended, ended } from "../cli/command.ts";

/** What a copy gets besides its sources. */
export interface CheckoutOptions {
  /** Our installed packages, by a link. @default false */
  readonly packages?: boolean;
  /** What is compiled. @default false */
  readonly compiled?: boolean;
}

/** Copies the checkout into a folder, uncommitted changes included. */
export function copyCheckout(to: string, options: CheckoutOptions = {}): void {
  const root = packageRoot();
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const names = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\0");
  // A file that is tracked may have been removed.
  for (const name of names.filter((path) => path !== "" && existsSync(join(root, path)))) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    copyFileSync(join(root, name), join(to, name));
  }
  if (options.packages) symlinkSync(join(root, "node_modules"), join(to, "node_modules"));
  if (options.compiled)
    cpSync(join(root, "lib"), join(to, "lib"), { recursive: true, preserveTimestamps: true });
}

/** How a program is run. */
export interface ProgramOptions {
  readonly cwd: string;
  /** Besides what finds certificates and registries. */
  readonly env: Readonly<Record<string, string>>;
  readonly umask?: string;
  /** User and group. */
  readonly id?: number;
}

/** Runs a program in an environment that has nothing but what is given, and what reaching a registry takes. */
export function runProgram(argv: readonly string[], options: ProgramOptions): Promise<Ended> {
  const { cwd, umask = "022", id } = options;
  const network =
    /^(?:(?:HTTPS?|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|DENO_TLS_CA_STORE|NPM_CONFIG_\w+)$/i;
  const kept = Object.entries(process.env).filter(([name]) => network.test(name));
  const child = spawn("/bin/sh", ["-c", `umask ${umask}; exec "$@"`, "sh", ...argv], {
    cwd,
    env: { DENO_TLS_CA_STORE: "mozilla,system", ...Object.fromEntries(kept), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(id === undefined ? {} : { uid: id, gid: id }),
  });
  return ended(child);
}
