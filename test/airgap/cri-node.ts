/**
 * What nodes of CRI-O and of Docker with cri-dockerd have in common: ways for bundles into them, after which a pod starts.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, inject, it } from "vitest";
import { describeCell, type Participant } from "../interop/matrix.ts";
import type { Cri } from "../runtime/cri/client.ts";
import { type Bundle, NAME } from "./bundles.ts";
import { GOOD_LIFE, type PodLife } from "./pod-life.ts";
import { mend, type Verdict, type Ward, writeBelow } from "./ward.ts";

/** A node that runs. */
export interface CriNode extends Ward {
  readonly cri: Cri;
  /** Runs a pod from its start to its end. @throws Error when it does not start. */
  live(): Promise<PodLife>;
  /** Forgets every image. */
  forget(): Promise<unknown>;
  stop(): Promise<void>;
}

/** A way for a bundle into it, as docs/air-gap.md has it. */
export interface Way<N extends CriNode> {
  readonly name: string;
  reads(bundle: Bundle): boolean;
  load(node: N, bundle: Bundle): Promise<unknown>;
}

/** Nodes of one kind. */
export interface CriNodeKind<N extends CriNode> {
  /** As the matrix calls it. */
  readonly column: string;
  readonly participants: readonly Participant[];
  readonly ways: readonly Way<N>[];
  start(): Promise<N>;
}

/** What both say of an image that they do not have and cannot pull. */
export const UNREACHABLE =
  /registry\.k8s\.io.*(?:unreachable|no such host|failure in name resolution)/;

/** A bundle of everything, as it is packed least. */
export function plainBundle(): Bundle {
  const [first] = inject("bundles");
  if (first?.form !== ".tar" || first.choice !== "all") throw new Error("Bundles changed places");
  return first;
}

/** Where it counts in the table. */
export const cellIn = (column: string, row: string) =>
  ({ table: "airgap", row, column, instead: "yes" }) as const;

/** Declares a test for each bundle in each way: a pod starts of it, with no registry in reach. */
export function describeLoadedPods<N extends CriNode>(kind: CriNodeKind<N>): void {
  let node: N | undefined;
  const running = async () => {
    node ??= await kind.start();
    return node;
  };
  afterAll(() => node?.stop());
  afterEach(() => node?.forget());

  for (const way of kind.ways) {
    describe(way.name, () => {
      for (const bundle of inject("bundles").filter((one) => way.reads(one))) {
        describeCell(
          cellIn(kind.column, bundle.row),
          kind.participants,
          bundle.row,
          () => {
            it("starts a pod, and before it there was none", async () => {
              const { cri, live } = await running();
              const image = { image: bundle.name };
              expect((await cri.images.ImageStatus({ image })).image).toBeNull();
              if (bundle.file === plainBundle().file)
                await expect(live()).rejects.toThrow(UNREACHABLE);
              await way.load(await running(), bundle);
              const { image: found } = await cri.images.ImageStatus({ image });
              // Docker writes the algorithm before it, and CRI-O does not.
              expect(bundle.config).toContain(found?.id);
              // The kubelet leaves alone what is pinned, and asks for all at once.
              expect(found?.pinned).toBe(true);
              const { images } = await cri.images.ListImages({});
              const pinned = images.filter((one) => one.pinned);
              expect(pinned.map(({ id }) => id)).toEqual([found?.id]);
              expect(await live()).toEqual(GOOD_LIFE);
            });
          },
          { root: true },
        );
      }
    });
  }
}

/** The doctor sees a kubelet that keeps another image, and one that does not start with the flag. */
export async function expectFlagSeen(
  node: Ward,
  ask: (...more: readonly string[]) => Promise<Verdict>,
): Promise<void> {
  const file = "/var/lib/kubelet/kubeadm-flags.env";
  const flag = `--pod-infra-container-image=${NAME}:3.9`;
  await writeBelow(node.folder, file, `KUBELET_KUBEADM_ARGS="${flag}"\n`);
  const other = await ask();
  expect(other).toMatchObject({ code: 3, wrong: ["kubelet, agrees"] });
  const refused = await ask("--kubernetes", "1.35");
  expect(refused).toMatchObject({ code: 3, wrong: ["kubelet, flag"] });
  for (const { findings } of [other, refused]) {
    const [deed] = findings.flatMap((one) => one.mend ?? []);
    expect(deed).toBe(`take ${flag} out of ${file}, line 1`);
  }
  await writeBelow(node.folder, file, 'KUBELET_KUBEADM_ARGS=""\n');
  expect(await ask("--kubernetes", "1.35")).toMatchObject({ code: 0, verdict: "healthy" });
  await rm(join(node.folder, file));
}

/** The doctor finds something, what it says is done, and all is well. */
export async function expectMended(
  node: CriNode,
  ask: () => Promise<Verdict>,
  wrong: string,
): Promise<void> {
  const verdict = await ask();
  expect(verdict).toMatchObject({ code: 3, verdict: "wrong", wrong: [wrong] });
  await mend(node, verdict, plainBundle().file);
  expect(await ask()).toMatchObject({ code: 0, verdict: "healthy", wrong: [] });
  expect(await node.live()).toEqual(GOOD_LIFE);
}
