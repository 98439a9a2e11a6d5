/** A machine whose only compiler is a shell script that answers like gcc and then does as it is told. */
import { existsSync, mkdirSync } from "node:fs";
import { answering, script } from "../build/fake-host.ts";

/** Why the toolchain "gcc" cannot be tried here: it wants the kernel's headers. Undefined when it can. */
export function whyNoGcc(): string | undefined {
  if (process.arch !== "x64" || process.platform !== "linux")
    return "the scripts are for Linux on x64";
  // In CI they must be there, so there the tests may fail.
  return process.env.CI || existsSync("/usr/include/linux/wait.h")
    ? undefined
    : "the kernel's headers are not installed (Debian: linux-libc-dev)";
}

/** Makes a folder for PATH with a gcc; when it is to compile, it runs `compile`. */
export function fakeGcc(folder: string, compile: string): string {
  mkdirSync(folder, { recursive: true });
  script(folder, "x86_64-linux-gnu-gcc", answering(compile));
  for (const tool of ["cc1", "as", "ld"]) script(folder, tool, "exit 1");
  return folder;
}
