/**
 * Files of credentials, and the helpers that they name, as a source.
 *
 * @module
 */
import type { Credential, CredentialSource } from "../credentials.ts";
import { createShare } from "../shared.ts";
import { type AuthFile, findEntry, helperOf, readAuthFile } from "./auth-file.ts";
import { askHelper } from "./helper.ts";
import { helperServer } from "./names.ts";

/** How files are read. */
export interface FileSourceOptions {
  /** The environment of this program, which helpers get. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until a helper is killed. @default 60000 */
  readonly helperTimeout?: number | undefined;
  /** Called when there is no such file. By default it is passed over. */
  readonly onMissing?: (() => never) | undefined;
}

/**
 * A source over one file. The file is read when the first credential is asked for, and once; each helper is asked once for each
 * registry.
 *
 * A helper of `credHelpers` alone answers for its registry. One of `credsStore` is asked before the entries of the file.
 *
 * @throws HiatusError `CONFIG` (by the source) when the file is broken or a helper fails.
 */
export function fileSource(path: string, options: FileSourceOptions): CredentialSource {
  let reading: Promise<AuthFile | undefined> | undefined;
  const share = createShare<Credential | undefined>({ keep: true });
  const ask = (name: string, registry: string, waiting: AbortSignal | undefined) => {
    const server = helperServer(registry);
    const { env, helperTimeout: timeout } = options;
    const work = (signal: AbortSignal) => askHelper(name, server, { env, timeout, signal });
    return share(`${name} ${server}`, work, waiting);
  };
  return async (registry, repository, { signal } = {}) => {
    reading ??= readAuthFile(path);
    const file = await reading;
    if (file === undefined) return options.onMissing?.();
    const helper = helperOf(file, registry);
    if (helper !== undefined) return ask(helper, registry, signal);
    const stored = file.store === undefined ? undefined : await ask(file.store, registry, signal);
    return stored ?? findEntry(file, registry, repository);
  };
}
