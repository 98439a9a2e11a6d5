import { mkdir, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { describeCell } from "../interop/matrix.ts";
import { hiatusCommand } from "../interop/registries/hiatus.ts";
import { scratchFolder } from "../interop/stages.ts";
import { run } from "../runtime/command.ts";
import { until } from "../runtime/until.ts";
import { type Bundle, NAME, runScript } from "./bundles.ts";
import { generations } from "./generations.ts";
import { importAsK3s, K3S_PROGRAMS } from "./k3s.ts";
import { NODE_PROGRAMS, type Node, startNode } from "./node.ts";

/** A way for a bundle into a node. */
interface Way {
  readonly name: string;
  reads(bundle: Bundle): boolean;
  /** Does the image go by its digest too afterwards? */
  readonly byDigest: boolean;
  load(node: Node, bundle: Bundle): Promise<void>;
}

const isPlain = ({ form }: Bundle) => form === ".tar";

const WAYS: readonly Way[] = [
  {
    name: "ctr import",
    reads: isPlain,
    byDigest: false,
    load: async (node, { file }) => void (await node.containerd.ctr("images", "import", file)),
  },
  {
    name: "ctr import --all-platforms --no-unpack",
    reads: isPlain,
    byDigest: false,
    async load(node, { file }) {
      await node.containerd.ctr("images", "import", "--all-platforms", "--no-unpack", file);
    },
  },
  {
    name: "ctr import, then ctr tag",
    reads: isPlain,
    byDigest: true,
    async load(node, { file, root }) {
      await node.containerd.ctr("images", "import", file);
      await node.containerd.ctr("images", "tag", name, `${NAME}@${root}`);
    },
  },
  {
    name: "hiatus load",
    reads: () => true,
    byDigest: true,
    async load({ containerd }, { file }) {
      const into = ["--into", "containerd", "--address", containerd.socket];
      await run([...hiatusCommand(), "load", file, ...into], { env: containerd.env });
    },
  },
  {
    name: "--load containerd",
    reads: ({ form }) => form === ".run",
    byDigest: true,
    async load({ containerd }, bundle) {
      const into = ["--load", "containerd", "--address", containerd.socket];
      await runScript(bundle, into, containerd.env);
    },
  },
  {
    name: "k3s agent/images",
    reads: ({ form }) => form !== ".run",
    byDigest: true,
    async load(node, { file }) {
      const images = join(await scratchFolder("agent"), "images");
      await mkdir(images);
      await symlink(file, join(images, basename(file)));
      await importAsK3s(node.containerd, images);
      await rm(images, { recursive: true });
    },
  },
];

const bundles = inject("bundles");
const name = bundles[0]?.name ?? "";
const programs = [...NODE_PROGRAMS, ...K3S_PROGRAMS];

describe.each(generations(inject("programs").containerd).map((one) => [one.name, one] as const))(
  "pods on a node that no registry can be reached from, %s",
  (column, generation) => {
    const participant = { ...generation, programs };
    let node: Node | undefined;
    const running = async () => {
      node ??= await startNode({ sandboxImage: name, programs: generation.folder });
      return node;
    };
    afterAll(() => node?.stop());

    const cellOf = (row: string) =>
      ({ table: "airgap", row, column: `pod, ${column}`, instead: "yes" }) as const;

    for (const way of WAYS) {
      for (const bundle of bundles.filter((one) => way.reads(one) && isTold(way, one))) {
        describeCell(
          cellOf(bundle.row),
          [participant],
          `${way.name} of ${bundle.row}`,
          () => {
            it("starts a pod, and before it there was none", async () => {
              const { imageOf, runPod, forget } = await running();
              expect(await imageOf(name)).toBeUndefined();
              if (bundle === bundles[0]) {
                await expect(runPod("nothing")).rejects.toThrow(/failed to (?:pull|get)/);
              }
              try {
                await way.load(await running(), bundle);
                const digests = way.byDigest ? [`${NAME}@${bundle.root}`] : [];
                // The CRI hears of new names one after another.
                for (const one of [...bundle.names, ...digests]) {
                  await until(one, () => imageOf(one));
                }
                // containerd makes names of the config's digest besides, and keeps some of images that are gone.
                const known = (await imageOf(name))?.digests ?? [];
                expect(known.filter((digest) => digest.startsWith(NAME))).toEqual(digests);
                expect(await runPod("loaded")).toBe("/pause");
              } finally {
                await forget();
              }
            });
          },
          { root: true },
        );
      }
    }
  },
);

/** One way with everything that there is, the others with what they may make something else of. */
function isTold({ name: way }: Way, { choice }: Bundle): boolean {
  return way === "ctr import" || choice === "all" || choice === "names";
}
