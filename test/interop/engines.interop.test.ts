import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Remote } from "./client.ts";
import type { Engine, EngineHost } from "./engine.ts";
import { containerd } from "./engines/containerd.ts";
import { dockerd } from "./engines/dockerd.ts";
import { podman } from "./engines/podman.ts";
import { expectInRegistry } from "./expect-whole.ts";
import { type Cell, describeCell } from "./matrix.ts";
import { askRegistry, MANIFEST_TYPES } from "./raw.ts";
import { seed } from "./seed.ts";
import { CONTROLS, columnOf, OURS, useStage, variantsFor } from "./stages.ts";

const fixtures = inject("fixtures");

describe.each([podman, dockerd, containerd].map((kind) => [kind.name, kind] as const))(
  "%s",
  (_, kind) => {
    let host: EngineHost;
    const needs = { root: true };
    const stages = [...OURS, ...CONTROLS];

    for (const stage of stages) {
      const column = columnOf(stage);
      const cell: Cell = { table: "clients", row: kind.name, column };
      const variants = variantsFor(stage);

      describeCell(
        cell,
        [kind, stage.kind],
        column,
        () => {
          const registryOf = useStage(stage);
          let engine: Engine;
          const at = (repository: string, reference: string): Remote => ({
            ...{ registry: registryOf(), repository, reference },
          });

          beforeAll(async () => {
            host ??= await kind.start();
            for (const variant of variants) await seed(registryOf(), variant, fixtures[variant]);
            engine = await host.use(registryOf());
          });

          for (const variant of variants) {
            const { root, tag, amd64 } = fixtures[variant];

            it(`pulls an image with inline "${variant}" by tag and by digest`, async () => {
              for (const reference of [tag, root.digest]) {
                const { digests, config } = await engine.pull(at(variant, reference));
                await engine.forget(at(variant, reference));
                expect(digests, reference).toContain(root.digest);
                if (config !== undefined) expect(config, reference).toBe(amd64.config);
              }
            });

            it(`pushes an image with inline "${variant}", and pulls that`, async () => {
              const pushed = at(`by-${kind.name}/${variant}`, "pushed");
              await engine.pull(at(variant, tag));
              await engine.push(at(variant, tag), pushed);
              await engine.forget(at(variant, tag));
              const path = `/v2/${pushed.repository}/manifests/pushed`;
              const headers = { accept: MANIFEST_TYPES };
              const answer = await askRegistry(registryOf(), path, { headers });
              if (kind.keepsBytes) {
                const { repository } = pushed;
                await expectInRegistry(registryOf(), repository, "pushed", fixtures[variant]);
              } else {
                expect(JSON.parse(answer.body.toString()).config.digest).toBe(amd64.config);
              }
              const { digests } = await engine.pull(pushed);
              await engine.forget(pushed);
              expect(digests).toContain(answer.headers["docker-content-digest"]);
            });
          }
        },
        needs,
      );
    }

    afterAll(() => host?.stop());
  },
);
