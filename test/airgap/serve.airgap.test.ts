import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { describeCell } from "../interop/matrix.ts";
import { isUp } from "../interop/raw.ts";
import { hiatusCommand } from "../interop/registries/hiatus.ts";
import { scratchFolder } from "../interop/stages.ts";
import { run } from "../runtime/command.ts";
import { type Daemon, startDaemon } from "../runtime/daemon.ts";
import { NAME } from "./bundles.ts";
import { generations } from "./generations.ts";
import { addNeighbour, NEIGHBOUR_PROGRAMS, type Neighbour } from "./neighbour.ts";
import { NODE_PROGRAMS, type Node, startNode } from "./node.ts";

const bundles = inject("bundles").filter(({ choice }) => choice === "names");
const programs = [...NODE_PROGRAMS, ...NEIGHBOUR_PROGRAMS];

describe.each(generations(inject("programs").containerd).map((one) => [one.name, one] as const))(
  "a node whose mirror is a laptop that serves a bundle, %s",
  (column, generation) => {
    const cell = {
      table: "airgap",
      row: "hiatus serve",
      column: `pod, ${column}`,
      instead: "yes",
    } as const;
    describeCell(
      cell,
      [{ ...generation, programs }],
      "a node",
      () => {
        let laptop: Neighbour;
        let hosts: string;
        let node: Node;
        const tag = bundles[0]?.tag ?? "";
        const name = bundles[0]?.name ?? "";

        beforeAll(async () => {
          laptop = await addNeighbour("hialaptop", "198.18.46");
          hosts = await scratchFolder("hosts");
          node = await startNode({ sandboxImage: name, hosts, programs: generation.folder });
        });
        afterAll(async () => {
          await node?.stop();
          await laptop?.stop();
        });

        it("starts no pod as long as there is no laptop", async () => {
          await expect(node.runPod("alone")).rejects.toThrow(/failed to (?:pull|get)/);
        });

        describe.each(bundles.map((bundle) => [bundle.form, bundle] as const))(
          "%s",
          (_, bundle) => {
            let served: Daemon;

            beforeAll(async () => {
              const folder = await scratchFolder("laptop");
              const listen = `${laptop.address}:5000`;
              const command = [...hiatusCommand(), "serve", bundle.file, "--listen", listen];
              served = await startDaemon(laptop.there(command), {
                log: join(folder, "serve.log"),
                ready: () => isUp(new URL(`http://${listen}/`)),
              });
              // What the command says of this node's version, where it says it. A mirror is read at each pull.
              const wanted = [
                "--image",
                name,
                "--mirror",
                `http://${listen}`,
                "--kubernetes",
                "1.34",
              ];
              const version = ["--runtime", "containerd", "--runtime-version", generation.version];
              await run([
                ...hiatusCommand(),
                "node-config",
                ...version,
                ...wanted,
                "--out",
                folder,
              ]);
              const written = join(folder, "etc", "containerd", "certs.d");
              await cp(written, hosts, { recursive: true });
            });
            afterAll(async () => {
              await served?.stop();
              await node.forget();
            });

            it("is pulled as the sandbox image of a pod, and the pod runs", async () => {
              expect(await node.imageOf(name)).toBeUndefined();
              expect(await node.runPod("first")).toBe("/pause");
              const found = await node.imageOf(name);
              expect(found?.digests).toContain(`${NAME}@${bundle.root}`);
            });

            it("is pulled under every name that nodes ask for", async () => {
              for (const one of bundle.names) {
                const { image_ref } = await node.cri.images.PullImage({ image: { image: one } });
                expect(image_ref, one).toBe(bundle.config);
              }
              expect(bundle.names.length).toBeGreaterThan(5);
            });

            it("is not served under a tag that it does not have", async () => {
              const other = name.replace(tag, "0.0.1");
              await expect(
                node.cri.images.PullImage({ image: { image: other } }),
              ).rejects.toThrow();
            });
          },
        );
      },
      { root: true },
    );
  },
);
