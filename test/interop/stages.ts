/**
 * The registries of a run in the ways in which they can be reached, and their start.
 *
 * @module
 */
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, inject } from "vitest";
import { missingOf } from "../runtime/needs.ts";
import { pathOf } from "./client.ts";
import { type Fixture, INDEX_VARIANTS } from "./fixtures.ts";
import { craneRegistry } from "./registries/crane-registry.ts";
import { distribution2, distribution3 } from "./registries/distribution.ts";
import { hiatus } from "./registries/hiatus.ts";
import { zot } from "./registries/zot.ts";
import type { Account, Registry, RegistryKind, RegistrySettings } from "./registry.ts";
import { startTokenServer, type TokenServerOptions } from "./token-server.ts";

/** How a registry is reached. */
export type Access = "plain http" | "TLS, password" | "token" | "TLS, token";

/** A registry, and how it is reached. */
export interface Stage {
  readonly kind: RegistryKind;
  readonly access: Access;
}

/** Who pushes and pulls wherever somebody has to say who they are. A colon and blanks are allowed in passwords. */
export const ACCOUNT: Account = { username: "alice", password: "wonder: land" };

const { crane, distribution, zot: zotPeer, deno } = inject("programs");

/** Our registry. */
export const OURS: readonly Stage[] = [hiatus(), hiatus(deno)].flatMap((kind) =>
  (["plain http", "TLS, password"] as const).map((access) => ({ kind, access })),
);

/** Everybody else's, in every way that each can. */
export const THEIRS: readonly Stage[] = [
  distribution2,
  distribution3(distribution),
  zot(zotPeer),
  craneRegistry(crane),
].flatMap((kind) => [
  { kind, access: "plain http" as const },
  ...(kind.locked ? [{ kind, access: "TLS, password" as const }] : []),
  ...(kind.tokens ? [{ kind, access: "token" as const }] : []),
  ...(kind.tokens ? [{ kind, access: "TLS, token" as const }] : []),
]);

/** Two of them that clients are tried against too, to tell a fault of ours from a way of a client's. */
export const CONTROLS = THEIRS.filter(
  ({ kind, access }) =>
    kind.name === distribution2.name && (access === "plain http" || access === "TLS, token"),
);

/** What a stage is called in tables. */
export function columnOf({ kind, access }: Stage): string {
  return `${kind.name}, ${access}`;
}

/**
 * The images that travel: each of them where a registry is reached plainly. How it is reached changes nothing about what
 * images look like.
 */
export function variantsFor({ kind, access }: Stage): readonly Fixture["variant"][] {
  const all = access === "plain http" && kind.name !== OURS.at(-1)?.kind.name;
  return all ? [...INDEX_VARIANTS, "single"] : ["blobs"];
}

/** A folder of its own for something. */
export async function scratchFolder(name: string): Promise<string> {
  const parent = inject("scratch");
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, `${pathOf(name)}-`));
}

/** Has a stage's registry run while the tests of the group run; none where it cannot be had. */
export function useStage(stage: Stage, tokens?: Partial<TokenServerOptions>): () => Registry {
  return useRegistry(stage.kind, () => startStage(stage, tokens));
}

/** A registry of ours that images are mirrored to. It asks nobody, and serves TLS as the other does. */
export function useMirror({ access }: Stage): () => Registry {
  const kind = hiatus();
  return useRegistry(kind, async () => {
    const tls = access.startsWith("TLS") ? { tls: inject("authority") } : {};
    return kind.start(await scratchFolder("mirror"), tls);
  });
}

function useRegistry(
  { name, programs, peer }: RegistryKind,
  start: () => Promise<Registry>,
): () => Registry {
  let registry: Registry | undefined;
  if (missingOf({ programs }).length === 0 && (peer === undefined || "program" in peer)) {
    beforeAll(async () => {
      registry = await start();
    });
    afterAll(() => registry?.stop());
  }
  return () => {
    if (registry === undefined) throw new Error(`${name} does not run`);
    return registry;
  };
}

/** Starts a stage's registry, and its token server where it has one. */
async function startStage(
  { kind, access }: Stage,
  tokens: Partial<TokenServerOptions> = {},
): Promise<Registry> {
  const folder = await scratchFolder(kind.name);
  const tls = access.startsWith("TLS") ? { tls: inject("authority") } : {};
  if (!access.endsWith("token")) {
    const account = access === "plain http" ? {} : { account: ACCOUNT };
    return kind.start(folder, { ...tls, ...account });
  }
  const server = await startTokenServer(join(folder, "tokens"), {
    algorithm: access === "token" ? "RS256" : "ES256",
    users: [{ ...ACCOUNT, allows: () => ["pull", "push", "delete"] }],
    ...tls,
    ...tokens,
  });
  const settings: RegistrySettings = { ...tls, account: ACCOUNT, tokens: server };
  try {
    const registry = await kind.start(folder, settings);
    return {
      ...registry,
      async stop() {
        await registry.stop();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
