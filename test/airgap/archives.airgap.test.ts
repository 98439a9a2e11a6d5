import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { describeCell } from "../interop/matrix.ts";
import { scratchFolder } from "../interop/stages.ts";
import type { Reader } from "./reader.ts";
import { ctr, k3s } from "./readers/containerd.ts";
import { dockerd, podman } from "./readers/engines.ts";
import { crane, craneOfFolder, oras, skopeo } from "./readers/tools.ts";

const programs = inject("programs");
const bundles = inject("bundles");
const readers = [
  dockerd,
  podman,
  ctr(),
  ctr("--all-platforms"),
  ctr("--platform", "linux/amd64"),
  k3s,
  skopeo,
  oras(programs.oras),
  crane(programs.crane),
  craneOfFolder(programs.crane),
];

describe.each(readers.map((kind) => [kind.name, kind] as const))("%s", (_, kind) => {
  let reader: Reader | undefined;
  const start = async () => {
    reader ??= await kind.start(await scratchFolder(kind.name));
    return reader;
  };
  afterAll(() => reader?.stop());

  for (const bundle of bundles.filter((one) => kind.takes?.(one) ?? true)) {
    const { row, root, config, version } = bundle;
    const refusal = kind.refuses(bundle);
    const lacking = kind.lacks?.(bundle);
    const instead =
      refusal !== undefined
        ? `no: ${refusal.why}`
        : lacking === undefined
          ? "yes"
          : `yes, not ${lacking}`;
    describeCell(
      { table: "airgap", row, column: kind.name, instead },
      [kind],
      row,
      () => {
        beforeAll(async () => void (await start()));

        it(refusal === undefined ? "is read" : "is refused", async () => {
          const { read } = await start();
          if (refusal !== undefined) {
            await expect(read(bundle)).rejects.toThrow(refusal.says);
            return;
          }
          const { names, ...found } = await read(bundle);
          if (names !== undefined) expect(names).toEqual(expect.arrayContaining([...bundle.names]));
          const wanted = { root, config, version };
          const told = Object.keys(found) as (keyof typeof wanted)[];
          expect(told).not.toEqual([]);
          expect(found).toEqual(Object.fromEntries(told.map((key) => [key, wanted[key]])));
        });
      },
      { root: true },
    );
  }
});
