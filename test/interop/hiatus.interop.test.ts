import { beforeAll, describe, expect, inject, it } from "vitest";
import { type Client, pathOf, type Remote } from "./client.ts";
import { hiatus } from "./clients/hiatus.ts";
import { expectInRegistry } from "./expect-whole.ts";
import { type Cell, describeCell } from "./matrix.ts";
import { attach, referrersOf } from "./referrer.ts";
import { seed } from "./seed.ts";
import {
  columnOf,
  OURS,
  scratchFolder,
  THEIRS,
  useMirror,
  useStage,
  variantsFor,
} from "./stages.ts";
import { tryTool } from "./tools.ts";

const fixtures = inject("fixtures");
const kinds = [hiatus(), hiatus(inject("programs").deno)] as const;

describe.each([...THEIRS, ...OURS].map((stage) => [columnOf(stage), stage] as const))(
  "%s",
  (row, stage) => {
    const registryOf = useStage(stage);
    const mirrorOf = useMirror(stage);

    for (const kind of kinds) {
      const cell: Cell = { table: "registries", row, column: kind.name };
      describeCell(cell, [kind, stage.kind], kind.name, () => {
        tryTool(kind, registryOf, kind === kinds[0] ? variantsFor(stage) : ["blobs"]);

        let client: Client;
        const home = `crossing-${pathOf(kind.name)}`;
        const at = (repository: string, reference: string): Remote => ({
          ...{ registry: registryOf(), repository: `${home}/${repository}`, reference },
        });
        beforeAll(async () => {
          client = await kind.open(await scratchFolder(kind.name), registryOf());
          await seed(registryOf(), `${home}/seeded`, fixtures.blobs);
        });

        it("pulls what others pushed, into a second registry", async () => {
          const to = { registry: mirrorOf(), repository: `${home}/mirrored`, reference: "1" };
          await client.copy(at("seeded", fixtures.blobs.tag), to);
          await expectInRegistry(mirrorOf(), to.repository, "1", fixtures.blobs);
        });

        it("copies what is attached along with an image", async () => {
          const attached = await attach(registryOf(), `${home}/seeded`, fixtures.blobs.root);
          await client.copy(at("seeded", fixtures.blobs.tag), at("with", "1"));
          expect(
            await referrersOf(registryOf(), `${home}/with`, fixtures.blobs.root.digest),
          ).toEqual([attached]);
        });
      });
    }
  },
);
