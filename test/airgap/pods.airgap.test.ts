import { mkdir, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { countIn } from "../interop/matrix.ts";
import { scratchFolder } from "../interop/stages.ts";
import { describeWith } from "../runtime/needs.ts";
import { until } from "../runtime/until.ts";
import { type Bundle, NAME } from "./bundles.ts";
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
    name: "ctr import --no-unpack --base-name NAME --digests",
    reads: isPlain,
    byDigest: true,
    async load(node, { file }) {
      // What is attached to the image gets a name by its digest too, and is nothing that could be unpacked.
      const flags = ["--no-unpack", "--base-name", NAME, "--digests"];
      await node.containerd.ctr("images", "import", ...flags, file);
    },
  },
  {
    name: "k3s agent/images",
    reads: ({ form }) => (form as string) !== ".run",
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

describeWith(
  { programs, root: true },
  "pods on a node that no registry can be reached from",
  () => {
    let node: Node;

    beforeAll(async () => {
      node = await startNode(name);
    });
    afterAll(() => node?.stop());

    it("do not start as long as nothing was loaded", async () => {
      await expect(node.runPod("nothing")).rejects.toThrow(/failed to (?:pull|get)/);
    });

    describe.each(WAYS.map((way) => [way.name, way] as const))("%s", (_, way) => {
      for (const bundle of bundles.filter(way.reads)) {
        describe(bundle.row, () => {
          countIn({ table: "airgap", row: bundle.row, column: "a pod by CRI", instead: "yes" });

          it("starts a pod", async () => {
            expect(await node.imageOf(name)).toBeUndefined();
            try {
              await way.load(node, bundle);
              const digests = way.byDigest ? [`${NAME}@${bundle.root}`] : [];
              // The CRI hears of new names one after another.
              for (const one of [...bundle.names, ...digests]) {
                await until(one, () => node.imageOf(one));
              }
              // containerd 1.6 makes names of the config's digest besides, and keeps some of images that are gone.
              const known = (await node.imageOf(name))?.digests ?? [];
              expect(known.filter((digest) => digest.startsWith(NAME))).toEqual(digests);
              expect(await node.runPod("loaded")).toBe("/pause");
            } finally {
              await node.forget();
            }
          });
        });
      }
    });
  },
);
