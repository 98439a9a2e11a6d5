import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse as parseToml } from "smol-toml";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { writeAuthFile } from "../interop/clients/auth-file.ts";
import { freePort } from "../interop/free-port.ts";
import { describeCell } from "../interop/matrix.ts";
import { PEERS, programOf } from "../interop/peers.ts";
import { isUp } from "../interop/raw.ts";
import { hiatusCommand } from "../interop/registries/hiatus.ts";
import { writeHtpasswd } from "../interop/registries/htpasswd.ts";
import { ACCOUNT, scratchFolder } from "../interop/stages.ts";
import { run } from "../runtime/command.ts";
import { connectCri } from "../runtime/cri/client.ts";
import { CRIO_PROGRAMS, prepareCrio } from "../runtime/crio.ts";
import { type Daemon, startDaemon } from "../runtime/daemon.ts";
import { NAME, runScript } from "./bundles.ts";
import {
  cellIn,
  describeLoadedPods,
  expectFlagSeen,
  expectMended,
  plainBundle,
  UNREACHABLE,
  type Way,
} from "./cri-node.ts";
import { GOOD_LIFE, LIFE_PROGRAMS, livePod } from "./pod-life.ts";
import { configure, doctor, type Ward, writeBelow } from "./ward.ts";

const peers = inject("programs");
const plain = plainBundle();
const { name, tag } = plain;
const version = PEERS.crio.version.slice(1);
const release = version.replace(/\.\d+$/, "");
const column = `pod, CRI-O ${release}`;
const participants = [
  { programs: [...CRIO_PROGRAMS, ...LIFE_PROGRAMS, "podman", "skopeo"], peer: peers.crio },
  { programs: [], peer: peers.crictl },
];

/** CRI-O as it is told to be by what the command prints, with an operator's tools. */
async function startNode(...more: readonly string[]) {
  const bridge = `hia${randomBytes(4).toString("hex")}`;
  const crio = await prepareCrio(dirname(programOf(peers.crio)), bridge);
  try {
    const versions = ["--kubernetes", release, "--runtime-version", version];
    await configure(crio, "--runtime", "cri-o", ...versions, "--image", name, ...more);
    await crio.restart();
  } catch (error) {
    await crio.stop();
    throw error;
  }
  const env = { ...crio.env, PATH: `${dirname(programOf(peers.crictl))}:${crio.env.PATH}` };
  const cri = connectCri(crio.socket);
  const ward: Ward = { folder: crio.folder, env, restart: crio.restart };
  return {
    ...ward,
    crio,
    cri,
    forget: () => run(["podman", "rmi", "--all", "--force"], { env }),
    live: () => livePod(cri, crio, "pod"),
    async stop() {
      cri.close();
      await crio.stop();
    },
  };
}

type CrioNode = Awaited<ReturnType<typeof startNode>>;

const copy = (env: Ward["env"], file: string, ...more: readonly string[]) =>
  run(
    [
      ...["skopeo", ...more, "copy", "--quiet"],
      ...[`oci-archive:${file}:${tag}`, `containers-storage:${name}`],
    ],
    { env },
  );

const WAYS: readonly Way<CrioNode>[] = [
  {
    name: "podman load",
    reads: ({ form, choice }) => form !== ".run" && choice !== "names" && choice !== "signed",
    load: ({ env }, { file }) => run(["podman", "load", "--quiet", "--input", file], { env }),
  },
  {
    name: "skopeo copy",
    reads: ({ form, choice }) => form !== ".run" && choice !== "one" && choice !== "two",
    load: ({ env }, { file }) => copy(env, file),
  },
  {
    name: "hiatus load --into podman",
    reads: () => true,
    load: ({ env }, { file }) =>
      run([...hiatusCommand(), "load", file, "--into", "podman"], { env }),
  },
  {
    name: "--load podman",
    reads: ({ form }) => form === ".run",
    load: ({ env }, bundle) => runScript(bundle, ["--load", "podman"], env),
  },
];

describe("pods on a node of CRI-O that no registry can be reached from", () => {
  describeLoadedPods({ column, participants, ways: WAYS, start: startNode });
});

describeCell(
  cellIn(column, "hiatus serve"),
  participants,
  "a node of CRI-O whose mirror is a bundle that asks for a password",
  () => {
    let node: CrioNode;
    let served: Daemon;
    let auth: string;
    let host: string;

    beforeAll(async () => {
      const folder = await scratchFolder("laptop");
      host = `127.0.0.1:${await freePort()}`;
      const users = await writeHtpasswd(folder, ACCOUNT);
      const command = [...hiatusCommand(), "serve", plain.file, "--listen", host];
      served = await startDaemon([...command, "--htpasswd", users], {
        log: join(folder, "serve.log"),
        ready: () => isUp(new URL(`http://${host}/`)),
      });
      auth = join(folder, "auth.json");
      await writeAuthFile(auth, { host: "other.example", account: ACCOUNT });
      node = await startNode("--mirror", `http://${host}`, "--auth-file", auth);
    });
    afterAll(async () => {
      await node?.stop();
      await served?.stop();
    });

    it("pulls with what the auth file has for the mirror, and starts a pod", async () => {
      await expect(node.live()).rejects.toThrow(UNREACHABLE);
      await writeAuthFile(auth, { host, account: ACCOUNT });
      expect(await node.live()).toEqual(GOOD_LIFE);
      const { image } = await node.cri.images.ImageStatus({ image: { image: name } });
      expect(image).toMatchObject({ pinned: true });
      expect(image?.repo_digests).toContain(`${NAME}@${plain.root}`);
    });
  },
  { root: true },
);

describeCell(
  cellIn(column, "hiatus doctor"),
  participants,
  "hiatus doctor on a node of CRI-O",
  () => {
    let node: CrioNode;
    const ask = (...more: readonly string[]) =>
      doctor(
        node,
        "--kubernetes",
        release,
        "--expect",
        `oci-archive:${plain.file}:${tag}`,
        ...more,
      );
    const load = (...more: readonly string[]) => copy(node.env, plain.file, ...more);
    const expectAllMended = (wrong: string) => expectMended(node, ask, wrong);

    beforeAll(async () => {
      node = await startNode("--auth-file", "/var/lib/kubelet/config.json");
    });
    afterEach(async () => {
      await node.forget();
    });
    afterAll(() => node?.stop());

    it("is content with what node-config wrote, and CRI-O runs with every key of it", async () => {
      await load();
      expect(await ask()).toMatchObject({ code: 0, verdict: "healthy", wrong: [] });
      const written = "/etc/crio/crio.conf.d/50-hiatus-pause.conf";
      const keys = crioImage(await readFile(join(node.folder, written), "utf8"));
      expect(Object.keys(keys)).toEqual(["pause_image", "pause_command", "pause_image_auth_file"]);
      // CRI-O passes over keys that it does not know: those that it does come back.
      const status = await node.crio.crio("status", "--socket", node.crio.socket, "config");
      expect(crioImage(status.stdout)).toMatchObject(keys);
      const { code, stdout } = await node.crio.crio("config");
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(name) });
    });

    it("misses an image", async () => {
      await expect(node.live()).rejects.toThrow(UNREACHABLE);
      await expectAllMended("cri-o, present");
    });

    it("sees that it is for another platform", async () => {
      await load("--override-arch", "arm64");
      await expectAllMended("cri-o, platform");
    });

    it("sees that it is another one", async () => {
      const folder = await scratchFolder("other");
      await writeFile(join(folder, "pause"), "another program");
      await run(["tar", "-cf", join(folder, "x.tar"), "-C", folder, "pause"]);
      await run(["podman", "import", "--quiet", join(folder, "x.tar"), name], { env: node.env });
      await expectAllMended("cri-o, digest");
    });

    it.each([
      ["has other bytes", (file: string) => writeFile(file, Buffer.alloc(705, 7))],
      ["is cut", (file: string) => writeFile(file, "")],
      ["is gone", (file: string) => rm(file)],
    ])("sees that a file of it %s", async (_, damage) => {
      await load();
      // Another name of it must not keep the damage.
      await run(["podman", "tag", name, `${NAME}:other`], { env: node.env });
      const files = join(node.folder, "storage", "overlay");
      const [file = ""] = (await run(["find", files, "-path", "*/diff/pause"])).split("\n");
      await damage(file);
      await expectAllMended("cri-o, complete");
    });

    it("sees that CRI-O was not started again", async () => {
      await load();
      await run(["podman", "tag", name, `${NAME}:other`], { env: node.env });
      const drop = "/etc/crio/crio.conf.d/60-other.conf";
      await writeBelow(node.folder, drop, `[crio.image]\npause_image = "${NAME}:other"\n`);
      try {
        await expectAllMended("cri-o, configured");
      } finally {
        await rm(join(node.folder, drop));
        await node.restart();
      }
    });

    it("sees that the kubelet keeps another one, and a flag that 1.35 does not know", async () => {
      await load();
      await expectFlagSeen(node, ask);
    });

    it("says that it could not look when CRI-O does not answer", async () => {
      await load();
      const elsewhere: Ward = { ...node, folder: await scratchFolder("elsewhere") };
      await configure(
        elsewhere,
        ...["--runtime", "cri-o", "--kubernetes", release, "--runtime-version", version],
        ...["--image", name],
      );
      expect(await doctor(elsewhere)).toMatchObject({ code: 1, wrong: ["cri-o, present"] });
    });
  },
  { root: true },
);

function crioImage(text: string): Readonly<Record<string, unknown>> {
  const { crio } = parseToml(text) as { crio: { image: Record<string, unknown> } };
  return crio.image;
}
