/** A machine of a test's own: programs that are shell scripts in one folder. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCache } from "../../src/build/cache.ts";
import { lookAtFiles } from "../../src/build/files.ts";
import { type Host, openHost } from "../../src/build/host.ts";

/** Writes a program for `/bin/sh` and returns its path. */
export function script(folder: string, name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A host whose PATH is one folder. Nothing is remembered unless a cache folder is given. */
export function hostOf(folder: string, cache: string | null = null): Host {
  return openHost({ PATH: folder }, lookAtFiles(), openCache(cache));
}

/** The body of a script that answers like gcc and clang do, and hands everything else to `otherwise`. */
export function answering(otherwise: string): string {
  return `case "$1" in
--version) echo "fake compiler 12.2.0" ;;
-dumpversion) echo 12 ;;
--print-targets) printf '    x86-64 - 64-bit\\n    aarch64 - ARM\\n' ;;
-print-prog-name=*) echo "\${1#*=}" ;;
*) ${otherwise} ;;
esac`;
}
