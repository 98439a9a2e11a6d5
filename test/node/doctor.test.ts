import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { examineNode, nodeHost, type Run } from "../../src/index.ts";
import type { NodeFinding } from "../../src/runtime/doctor/model.ts";
import { parseVersion } from "../../src/runtime/version.ts";
import { hiatus } from "../cli/command.ts";
import { scratch } from "../folder.ts";
import { PATH } from "../runtime/command.ts";
import { CONTAINERD_PROGRAMS, type Containerd, startContainerd } from "../runtime/containerd.ts";
import { makeFolder, removeFolder } from "../runtime/folder.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";

const NAME = "registry.k8s.io/pause";
const FLAG = "--pod-infra-container-image";
const CRI = 'plugins."io.containerd.grpc.v1.cri"';

/** A node's root with some files. */
function nodeWith(files: Readonly<Record<string, string>>, root = scratch()): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Nothing runs on the node. */
const nothing: Run = async ([program = ""]) => {
  throw new Error(`There is no "${program}" here`);
};

async function examine(
  files: Readonly<Record<string, string>>,
  more: { kubernetes?: string; run?: Run } = {},
) {
  const { kubernetes, run = nothing } = more;
  return examineNode({
    host: nodeHost(nodeWith(files)),
    run,
    platforms: [{ os: "linux", architecture: "amd64" }],
    kubernetes: kubernetes === undefined ? undefined : parseVersion(kubernetes, "Kubernetes"),
  });
}

const findingsOf = (findings: readonly NodeFinding[], component: string, check: string) =>
  findings.filter((one) => one.component === component && one.check === check);

describe("examineNode finds the configured image and its line", () => {
  test.each<[string, string, Record<string, string>, string, string, number | undefined]>([
    [
      "containerd 1.x",
      "containerd",
      {
        "etc/containerd/config.toml": `version = 2\n\n[${CRI}]\n  sandbox_image = "x.example/a:1"\n`,
      },
      "x.example/a:1",
      "/etc/containerd/config.toml",
      4,
    ],
    [
      "containerd 2.x, by a drop-in",
      "containerd",
      {
        "etc/containerd/config.toml":
          "version = 3\nimports = ['/etc/containerd/conf.d/*.toml']\n[plugins.'io.containerd.cri.v1.images'.pinned_images]\nsandbox = 'x.example/a:1'\n",
        "etc/containerd/conf.d/10.toml":
          "[plugins.'io.containerd.cri.v1.images'.pinned_images]\nsandbox = 'x.example/b:2'\n",
        "etc/containerd/conf.d/20.txt": "nonsense",
      },
      "x.example/b:2",
      "/etc/containerd/conf.d/10.toml",
      2,
    ],
    [
      "CRI-O, by its last drop-in",
      "cri-o",
      {
        "etc/crio/crio.conf": '[crio.image]\npause_image = "x.example/a:1"\n',
        "etc/crio/crio.conf.d/10-x.conf": '[crio.image]\n\npause_image = "x.example/b:2"\n',
      },
      "x.example/b:2",
      "/etc/crio/crio.conf.d/10-x.conf",
      3,
    ],
    [
      "cri-dockerd",
      "docker",
      {
        "lib/systemd/system/cri-docker.service": "[Service]\nExecStart=/usr/bin/cri-dockerd\n",
        "etc/systemd/system/cri-docker.service.d/10.conf": `[Service]\nExecStart=\n# ${FLAG}=x.example/c:3\nExecStart=/usr/bin/cri-dockerd ${FLAG} x.example/a:1 -v\n`,
      },
      "x.example/a:1",
      "/etc/systemd/system/cri-docker.service.d/10.conf",
      4,
    ],
    [
      "k3s",
      "k3s",
      {
        "etc/rancher/k3s/config.yaml": "pause-image: x.example/a:1\n",
        "etc/rancher/k3s/config.yaml.d/50.yaml": 'debug: true\npause-image: "x.example/b:2"\n',
      },
      "x.example/b:2",
      "/etc/rancher/k3s/config.yaml.d/50.yaml",
      2,
    ],
    [
      "RKE2, by default",
      "rke2",
      { "etc/rancher/rke2/config.yaml": "debug: true\n" },
      "docker.io/rancher/mirrored-pause:3.6",
      "",
      undefined,
    ],
  ])("%s", async (_, component, files, image, file, line) => {
    const { configured, findings } = await examine(files);
    const place = file === "" ? undefined : { file, line };
    expect(configured).toEqual([{ component, image, place }]);
    // Nothing runs there: that is said, and does not pass.
    expect(findingsOf(findings, component, "present")).toMatchObject([{ status: "not looked at" }]);
  });

  test("takes containerd's default by its version", async () => {
    const run: Run = async (command) => {
      if (!command.includes("version")) throw new Error("not now");
      const stdout = "Client:\n  Version:  1.6.20~ds1\n\nServer:\n  Version:  v2.1.4\n";
      return { code: 0, bytes: Buffer.from(stdout), stdout, stderr: "" };
    };
    const { configured } = await examine(
      { "etc/containerd/config.toml": "version = 3\n", "run/containerd/containerd.sock": "" },
      { run },
    );
    expect(configured[0]?.image).toBe(`${NAME}:3.10`);
  });

  test("sees that a later drop-in of 1.x takes the setting away", async () => {
    const { findings } = await examine({
      "etc/containerd/config.toml": `version = 2\nimports = ["conf.d/*.toml"]\n[${CRI}]\nsandbox_image = "x.example/a:1"\n`,
      "etc/containerd/conf.d/a.toml": `version = 2\n[${CRI}.cni]\nbin_dir = "/opt"\n`,
    });
    expect(findingsOf(findings, "containerd", "configured")).toMatchObject([
      { status: "wrong", place: { file: "/etc/containerd/config.toml", line: 4 } },
      { status: "not looked at" },
    ]);
  });

  test("says which file it could not read", async () => {
    const { findings } = await examine({
      "etc/containerd/config.toml": "version = [",
      "etc/crio/crio.conf": "pause_image = ",
      "etc/rancher/k3s/config.yaml": "a: [",
    });
    expect(findings.map(({ component, status }) => [component, status])).toEqual([
      ["containerd", "not looked at"],
      ["cri-o", "not looked at"],
      ["k3s", "not looked at"],
    ]);
    expect(findings[0]?.said).toContain("/etc/containerd/config.toml");
  });

  test("finds nothing where nothing is", async () => {
    expect(await examine({})).toEqual({ components: [], configured: [], findings: [] });
  });
});

describe("examineNode compares kubelet, kubeadm and runtime", () => {
  const containerd = {
    "etc/containerd/config.toml": `version = 2\n[${CRI}]\nsandbox_image = "${NAME}:3.10"\n`,
  };
  const flags = (image: string) => ({
    ...containerd,
    "var/lib/kubelet/kubeadm-flags.env": `KUBELET_KUBEADM_ARGS="--v=2 ${FLAG}=${image}"\n`,
  });

  test.each([
    ["1.35.0", "wrong", "does not start"],
    ["1.36", "wrong", "does not start"],
    ["1.34.2", "ok", "takes it"],
    [undefined, "not looked at", "1.35"],
  ])("the flag under Kubernetes %s is %s", async (kubernetes, status, said) => {
    const { findings } = await examine(
      flags(`${NAME}:3.10`),
      kubernetes === undefined ? {} : { kubernetes },
    );
    const [flag] = findingsOf(findings, "kubelet", "flag");
    expect(flag).toMatchObject({
      status,
      place: { file: "/var/lib/kubelet/kubeadm-flags.env", line: 1 },
    });
    expect(flag?.said).toContain(said);
    if (status === "wrong")
      expect(flag?.mend?.[0]).toContain("/var/lib/kubelet/kubeadm-flags.env, line 1");
  });

  test.each([
    [`${NAME}:3.10`, "ok"],
    [`${NAME}:3.9`, "wrong"],
  ])("a kubelet that keeps %s: %s", async (image, status) => {
    const { findings } = await examine(flags(image), { kubernetes: "1.30" });
    expect(findingsOf(findings, "kubelet", "agrees")).toMatchObject([{ status }]);
  });

  test.each([
    ["registry.k8s.io", "1.31", "ok"],
    ["registry.k8s.io", "1.30", "wrong"],
    ["mirror.example/k8s", "1.31", "wrong"],
  ])("a kubeadm that takes %s for Kubernetes %s: %s", async (repository, kubernetes, status) => {
    const { findings } = await examine(
      {
        ...containerd,
        "etc/kubernetes/kubeadm.yaml": `kind: InitConfiguration\n---\nkind: ClusterConfiguration\nimageRepository: ${repository}\n`,
      },
      { kubernetes },
    );
    expect(findingsOf(findings, "kubeadm", "agrees")).toMatchObject([
      { status, place: { file: "/etc/kubernetes/kubeadm.yaml", line: 4 } },
    ]);
  });
});

test("a kubeadm that disagrees with RKE2 is mended by a command that there is", async () => {
  const { findings } = await examine(
    {
      "etc/rancher/rke2/config.yaml": "debug: true\n",
      "etc/kubernetes/kubeadm.yaml": "kind: ClusterConfiguration\nimageRepository: x.example/k8s\n",
    },
    { kubernetes: "1.31" },
  );
  expect(findingsOf(findings, "kubeadm", "agrees")).toMatchObject([
    {
      status: "wrong",
      mend: [
        "hiatus node-config --runtime k3s --image x.example/k8s/pause:3.10 --kubernetes 1.31 --runtime-version VERSION",
      ],
    },
  ]);
});

describeWith({ programs: CONTAINERD_PROGRAMS, root: true }, "hiatus doctor on a node", () => {
  let folder: string;
  let image: PauseImage;
  let containerd: Containerd;
  let root: string;
  let name: string;

  const run = (...args: readonly string[]) => hiatus(args, { cwd: folder, env: { PATH } });
  const where = () => ["--address", containerd.socket, "--namespace", "test"];
  const load = (...more: readonly string[]) =>
    run("load", `oci:${image.layout}`, "--into", "containerd", ...where(), "--name", NAME, ...more);
  const doctor = async (...more: readonly string[]) => {
    const args = ["doctor", "--root", root, ...where(), "--kubernetes", "1.35", "--json", ...more];
    const { code, stdout } = await run(...args);
    const { verdict, findings } = JSON.parse(stdout.split("\n")[0] ?? "") as {
      verdict: string;
      findings: NodeFinding[];
    };
    const wrong = findings.filter(({ status }) => status !== "ok");
    return {
      code,
      verdict,
      wrong: wrong.map(({ check }) => check),
      mend: wrong.flatMap((one) => one.mend ?? []),
    };
  };

  beforeAll(async () => {
    folder = await makeFolder();
    image = await buildPause(folder);
    containerd = await startContainerd();
    name = `${NAME}:${image.tag}`;
    root = nodeWith(
      { "etc/containerd/config.toml": `version = 2\n[${CRI}]\nsandbox_image = "${name}"\n` },
      join(folder, "root"),
    );
  });
  afterEach(async () => {
    const names = (await containerd.ctr("images", "ls", "--quiet")).split("\n").filter(Boolean);
    if (names.length > 0) await containerd.ctr("images", "rm", "--sync", ...names);
    const left = (await containerd.ctr("content", "ls", "--quiet")).split("\n").filter(Boolean);
    if (left.length > 0) await containerd.ctr("content", "rm", ...left);
  });
  afterAll(async () => {
    await containerd?.stop();
    await removeFolder(folder);
  });

  it("is content after hiatus load", async () => {
    expect((await load()).code).toBe(0);
    expect(await doctor()).toEqual({ code: 0, verdict: "healthy", wrong: [], mend: [] });
  });

  it("misses an image, and names the command that brings it", async () => {
    const { code, wrong, mend } = await doctor();
    expect({ code, wrong }).toEqual({ code: 3, wrong: ["present"] });
    const [, , ...args] = mend[0]?.replace("BUNDLE", `oci:${image.layout}`).split(" ") ?? [];
    expect((await run("load", ...args, "--namespace", "test")).code).toBe(0);
    expect((await doctor()).verdict).toBe("healthy");
  });

  it("sees that it is not pinned, and what it says mends it", async () => {
    await load();
    await containerd.ctr("images", "label", name, "io.cri-containerd.pinned=");
    const { code, wrong, mend } = await doctor();
    expect({ code, wrong }).toEqual({ code: 3, wrong: ["pinned"] });
    const [, ...args] = mend[0]?.split(" ") ?? [];
    await containerd.ctr(...args.slice(args.indexOf("images")));
    expect((await doctor()).verdict).toBe("healthy");
  });

  it("sees that it is for another platform", async () => {
    await load("--platform", "linux/s390x");
    expect(await doctor()).toMatchObject({ code: 3, wrong: ["platform"] });
  });

  it("sees that it was imported in part", async () => {
    await containerd.ctr("images", "import", "--all-platforms", "--no-unpack", image.archive);
    await containerd.ctr("images", "tag", image.name, name);
    await containerd.ctr("images", "label", name, "io.cri-containerd.pinned=pinned");
    const own = image.record.platforms.find(({ platform }) => platform === "linux/amd64");
    await containerd.ctr("content", "rm", own?.layer.digest ?? "");
    const { code, wrong } = await doctor("--platform", "linux/amd64");
    expect({ code, wrong }).toEqual({ code: 3, wrong: ["complete"] });
  });

  it("sees that it is another one than expected", async () => {
    await load();
    const other = `sha256:${"0".repeat(64)}`;
    expect(await doctor("--expect", other)).toMatchObject({ code: 3, wrong: ["digest"] });
    expect(await doctor("--expect", `oci:${image.layout}`)).toMatchObject({ code: 0 });
    expect(await doctor("--expect", "none")).toMatchObject({ code: 0 });
  });

  it("sees all of it at once, as a table with what to run", async () => {
    const broken = nodeWith({
      "etc/containerd/config.toml": `version = 2\n[${CRI}]\nsandbox_image = "${name}"\n`,
      "var/lib/kubelet/kubeadm-flags.env": `KUBELET_KUBEADM_ARGS="${FLAG}=${NAME}:3.9"\n`,
      "etc/kubernetes/kubeadm.yaml":
        "kind: ClusterConfiguration\nimageRepository: mirror.example\n",
    });
    const { code, stdout } = await run(
      "doctor",
      "--root",
      broken,
      ...where(),
      "--kubernetes",
      "1.35",
    );
    expect(code).toBe(3);
    for (const text of [
      /containerd +present +wrong/,
      /kubelet +flag +wrong .*does not start with it \(\/var\/lib\/kubelet\/kubeadm-flags\.env:1\)/,
      /kubeadm +agrees +wrong/,
      /hiatus load BUNDLE --into containerd/,
    ]) {
      expect(stdout).toMatch(text);
    }
  });

  it("ends with exit code 1 when it could not look", async () => {
    const args = ["doctor", "--root", root, "--address", join(folder, "nobody.sock"), "--json"];
    const { code, stdout } = await run(...args);
    expect(code).toBe(1);
    expect(stdout).toContain('"verdict":"not looked at"');
    expect((await run("doctor", "--root", scratch())).code).toBe(1);
  });
});
