/**
 * Where compiled programs are kept between builds.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/0.8/
 * @module
 */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of the compile cache: `$HIATUS_CACHE_DIR`, else `hiatus` in `$XDG_CACHE_HOME`, in
 * `~/Library/Caches` on macOS, in `~/.cache` elsewhere. Empty variables do not count, and as the specification
 * says, nor does a relative `$XDG_CACHE_HOME`.
 */
export function cacheDirOf(env: Environment = process.env): string {
  if (env.HIATUS_CACHE_DIR) return resolve(env.HIATUS_CACHE_DIR);
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME))
    return join(env.XDG_CACHE_HOME, "hiatus");
  const home = env.HOME || homedir();
  const folder = process.platform === "darwin" ? ["Library", "Caches"] : [".cache"];
  return join(home, ...folder, "hiatus");
}
