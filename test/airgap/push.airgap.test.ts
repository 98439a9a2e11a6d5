import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { expectInRegistry } from "../interop/expect-whole.ts";
import type { Fixture } from "../interop/fixtures.ts";
import { describeCell } from "../interop/matrix.ts";
import type { Registry } from "../interop/registry.ts";
import { columnOf, OURS, type Stage, scratchFolder, THEIRS, useStage } from "../interop/stages.ts";
import { BARE_ROOT_PROGRAMS, type BareRoot, makeBareRoot } from "./bare-root.ts";

// A request is a process here: of all platforms it would take some seconds each. Those are pushed by the script's own tests.
const bundle = inject("bundles").find(({ choice, form }) => choice === "one" && form === ".run");
const { none } = inject("fixtures");

/** What of the image a bundle of linux/amd64 holds. */
const amd64: Fixture = {
  ...none,
  root: none.manifests.find(({ digest }) => digest === none.amd64.manifest) ?? none.root,
  manifests: [],
  blobs: none.blobs.filter(({ digest }) => digest === none.amd64.config),
};

/** Busybox, and one program that speaks HTTP. */
const CLIENTS = ["curl", "wget"] as const;

const stages = [...OURS, ...THEIRS].map((stage) => ({ stage, registryOf: useStage(stage) }));

describe.each(CLIENTS)("--push with nothing but busybox and %s", (client) => {
  let root: BareRoot;
  beforeAll(async () => {
    root = await makeBareRoot(join(await scratchFolder("bare"), "root"), [client]);
    await root.put(bundle?.file ?? "", "/tmp/pause.run");
    await root.put(inject("authority").ca, "/etc/ca.pem");
  });

  const push = async ({ host, account, tls }: Registry, repository: string) =>
    root.attempt(
      [
        ...["/bin/sh", "/tmp/pause.run", "--push", `${host}/${repository}:${none.tag}`],
        ...(tls === undefined ? [] : ["--ca", "/etc/ca.pem"]),
      ],
      account === undefined
        ? {}
        : { HIATUS_USERNAME: account.username, HIATUS_PASSWORD: account.password },
    );

  it("is as bare as it is said to be", async () => {
    const { stdout } = await root.attempt(["/bin/sh", "-c", "ls /usr/bin; readlink -f /bin/sh"]);
    expect(stdout).toBe(`${client}\n/bin/busybox\n`);
  });

  // With the one client everywhere, with the other wherever something else is said of who and how.
  const some = client === "curl" ? stages : stages.filter(({ stage }) => isChosen(stage));
  for (const { stage, registryOf } of some) {
    const row = columnOf(stage);
    const column = `.run --push, ${client}`;
    describeCell(
      { table: "seeds", row, column, instead: "yes" },
      [stage.kind, { programs: [...BARE_ROOT_PROGRAMS, client] }],
      row,
      () => {
        const repository = `pushed/by-${client}`;

        it("brings every byte, and nothing the second time", async () => {
          const registry = registryOf();
          const first = await push(registry, repository);
          expect(first.code, first.stdout + first.stderr).toBe(0);
          expect(first.stdout).toContain(`${repository}:${none.tag}@${amd64.root.digest}`);
          await expectInRegistry(registry, repository, none.tag, amd64);
          const second = await push(registry, repository);
          expect(second).toMatchObject({ code: 0 });
          expect(second.stdout).toContain("was there already, nothing written");
        });

        if (stage.access === "plain http") return;
        it("says what to do when the password is wrong, and not the password", async () => {
          const registry = registryOf();
          const stranger = { ...registry, account: { username: "mallory", password: "guess" } };
          const { code, stderr } = await push(stranger, repository);
          expect(code).toBe(1);
          expect(stderr).toMatch(/HIATUS_PASSWORD|user and the password/);
          expect(stderr).not.toContain("guess");
        });
      },
      { root: true },
    );
  }
});

function isChosen({ kind, access }: Stage): boolean {
  if (kind.name === "hiatus on Node") return access === "plain http";
  if (kind.name === "distribution 2.8") return access === "TLS, password";
  return kind.name === "distribution 3" && access === "TLS, token";
}
