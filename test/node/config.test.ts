import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { type NodeConfigRequest, type NodeRuntime, nodeConfig } from "../../src/index.ts";
import { failureOf } from "../failure.ts";

const IMAGE = "registry.k8s.io/pause:3.10.2";
const CRI = "io.containerd.grpc.v1.cri";
const IMAGES = "io.containerd.cri.v1.images";

const ask = (runtime: NodeRuntime, more: Partial<NodeConfigRequest> = {}) =>
  nodeConfig({ runtime, image: IMAGE, kubernetes: "1.34", ...more });
const containerd = (runtimeVersion: string, more: Partial<NodeConfigRequest> = {}) =>
  ask("containerd", { runtimeVersion, ...more });
const tomlOf = (content = "") => parse(content) as Record<string, never>;

describe("nodeConfig for containerd", () => {
  test.each([
    ["1.6.20~ds1", 2],
    ["v1.7.28", 2],
    ["2.0.0", 3],
    ["2.1.4", 3],
    ["2.2", 3],
    ["2.4.2", 3],
  ])("%s is a drop-in of version %i that sets the sandbox and nothing else", (version, written) => {
    const { files } = containerd(version);
    expect(files).toHaveLength(1);
    expect(files[0]?.path).toBe("/etc/containerd/conf.d/50-hiatus-pause.toml");
    expect(tomlOf(files[0]?.content)).toEqual({
      version: written,
      plugins:
        written === 2
          ? { [CRI]: { sandbox_image: IMAGE } }
          : { [IMAGES]: { pinned_images: { sandbox: IMAGE } } },
    });
  });

  test.each([
    ["1.7.28", "version = 2\nimports = "],
    ["2.1.4", "version = 3\nimports = "],
    ["2.2.0", "imports = "],
  ])("%s is told to read drop-ins as far as it does not by itself", (version, begin) => {
    const [edit] = containerd(version).edits;
    expect(edit?.path).toBe("/etc/containerd/config.toml");
    expect(edit?.content.startsWith(begin)).toBe(true);
  });

  test("1.x repeats the section of the main file, which a drop-in replaces", () => {
    const existing = `version = 2
imports = ["/etc/containerd/other/*.toml"]
[plugins."${CRI}"]
sandbox_image = "registry.k8s.io/pause:3.6"
[plugins."${CRI}".registry]
config_path = "/srv/certs"
[plugins."${CRI}".containerd.runtimes.runc.options]
SystemdCgroup = true
`;
    const { files, edits, warnings } = containerd("1.7", { existing });
    expect(tomlOf(files[0]?.content)).toEqual({
      version: 2,
      plugins: {
        [CRI]: {
          sandbox_image: IMAGE,
          registry: { config_path: "/srv/certs" },
          containerd: { runtimes: { runc: { options: { SystemdCgroup: true } } } },
        },
      },
    });
    expect(tomlOf(edits[0]?.content)).toEqual({
      imports: ["/etc/containerd/other/*.toml", "/etc/containerd/conf.d/*.toml"],
    });
    expect(warnings.join()).not.toContain("--existing");
    expect(containerd("1.7").warnings.join()).toContain("--existing");
  });

  test("2.x stays at the version of a main file that is older, so that it is migrated with it", () => {
    const [file] = containerd("2.1", { existing: "version = 2\n" }).files;
    expect(tomlOf(file?.content)).toEqual({
      version: 2,
      plugins: { [CRI]: { sandbox_image: IMAGE } },
    });
    const [newer] = containerd("2.4", { existing: "version = 4\n" }).files;
    expect(tomlOf(newer?.content)).toMatchObject({ version: 3 });
  });

  test.each([
    ["1.6", true],
    ["2.1.4", true],
    ["2.2", false],
  ])("%s gets hosts.toml for a mirror, and config_path: %s", (version, needsPath) => {
    const { files } = containerd(version, { mirror: "http://10.0.0.5:5000" });
    expect(files[1]?.path).toBe("/etc/containerd/certs.d/registry.k8s.io/hosts.toml");
    expect(tomlOf(files[1]?.content)).toEqual({
      server: "http://10.0.0.5:5000",
      host: { "http://10.0.0.5:5000": { capabilities: ["pull", "resolve"] } },
    });
    expect(files[0]?.content.includes('config_path = "/etc/containerd/certs.d"')).toBe(needsPath);
  });

  test("says that config_path does not go with mirrors of old", () => {
    const existing = `version = 2\n[plugins."${CRI}".registry.mirrors."docker.io"]\nendpoint = ["https://x.example"]\n`;
    expect(containerd("2.2", { existing, mirror: "x.example" }).warnings.join()).toContain(
      "registry.mirrors",
    );
  });

  test.each([["version = ["], ["[plugins]\n"], ["version = 1\n"]])(
    "refuses to build on %j",
    async (existing) => {
      expect((await failureOf(() => containerd("1.7", { existing }))).code).toBe("CONFIG");
    },
  );
});

describe("nodeConfig for cri-o", () => {
  const criO = (more: Partial<NodeConfigRequest>) =>
    ask("cri-o", { runtimeVersion: "1.34.1", ...more });

  test("is a drop-in with the image, its command and the file with credentials", () => {
    const { files } = criO({ authFile: "/etc/crio/pause-auth.json" });
    expect(files.map(({ path }) => path)).toEqual(["/etc/crio/crio.conf.d/50-hiatus-pause.conf"]);
    expect(tomlOf(files[0]?.content)).toEqual({
      crio: {
        image: {
          pause_image: IMAGE,
          pause_command: "/pause",
          pause_image_auth_file: "/etc/crio/pause-auth.json",
        },
      },
    });
  });

  test("leads pulls to a mirror by registries.conf.d", () => {
    const [, file] = criO({ mirror: "http://10.0.0.5:5000" }).files;
    expect(file?.path).toBe("/etc/containers/registries.conf.d/50-hiatus-pause.conf");
    expect(tomlOf(file?.content)).toEqual({
      registry: [
        {
          prefix: "registry.k8s.io",
          location: "registry.k8s.io",
          mirror: [{ location: "10.0.0.5:5000", insecure: true }],
        },
      ],
    });
  });

  test("before 1.28 says that it does not pin", () => {
    const old = ask("cri-o", { runtimeVersion: "1.27.0", kubernetes: "1.27" });
    expect(old.warnings.join()).toContain("pins only");
    expect(criO({}).warnings).toEqual([]);
  });
});

describe("nodeConfig for docker", () => {
  const docker = (more: Partial<NodeConfigRequest> = {}) =>
    ask("docker", { runtimeVersion: "0.3.21", ...more });

  test.each([
    ["docker.io/rancher/mirrored-pause:3.6", "rancher/mirrored-pause:3.6"],
    ["docker.io/library/pause:1", "pause:1"],
    ["registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"],
  ])("names %s as Docker lists it, because cri-dockerd pins that text", (image, listed) => {
    const { files, look } = docker({ image });
    expect(files[0]?.content).toContain(` --pod-infra-container-image=${listed}\n`);
    expect(look[0]?.shows).toBe(`--pod-infra-container-image=${listed}`);
  });

  test("starts cri-dockerd with the image, and takes the packaged start away first", () => {
    const [file] = docker().files;
    expect(file?.path).toBe("/etc/systemd/system/cri-docker.service.d/50-hiatus-pause.conf");
    expect(file?.content.split("\n")).toEqual([
      "[Service]",
      "ExecStart=",
      `ExecStart=/usr/bin/cri-dockerd --container-runtime-endpoint fd:// --pod-infra-container-image=${IMAGE}`,
      "",
    ]);
  });

  test("keeps the arguments that the unit has", () => {
    const existing =
      "[Service]\nExecStart=/opt/cri-dockerd --pod-infra-container-image=x/pause:1 \\\n  --network-plugin=cni\n";
    expect(docker({ existing }).files[0]?.content).toContain(
      `\nExecStart=/opt/cri-dockerd --network-plugin=cni --pod-infra-container-image=${IMAGE}\n`,
    );
  });

  test("mirrors Docker Hub only, and says so", () => {
    const hub = docker({ image: "docker.io/example/pause:1", mirror: "http://10.0.0.5:5000" });
    expect(JSON.parse(hub.edits[0]?.content ?? "")).toEqual({
      "registry-mirrors": ["http://10.0.0.5:5000"],
      "insecure-registries": ["10.0.0.5:5000"],
    });
    const other = docker({ mirror: "https://mirror.example" });
    expect(other.edits).toEqual([]);
    expect(other.warnings.join()).toContain("mirrors Docker Hub only");
  });
});

describe("nodeConfig for k3s", () => {
  test("needs no version of Kubernetes besides its own", () => {
    const { files, edits } = nodeConfig({
      runtime: "k3s",
      image: IMAGE,
      runtimeVersion: "v1.35.4+k3s1",
      mirror: "10.0.0.5:5000",
    });
    expect(files[0]?.path).toBe("/etc/rancher/k3s/config.yaml.d/50-hiatus-pause.yaml");
    expect(parseYaml(files[0]?.content ?? "")).toEqual({ "pause-image": IMAGE });
    expect(parseYaml(edits[0]?.content ?? "")).toEqual({
      mirrors: { "registry.k8s.io": { endpoint: ["https://10.0.0.5:5000"] } },
    });
  });
});

describe("nodeConfig for the kubelet", () => {
  test.each(["1.24", "1.30.2", "1.34"])("of %s sets the flag", (kubernetes) => {
    expect(ask("kubelet", { kubernetes }).files[0]?.content).toContain(
      `--pod-infra-container-image=${IMAGE}`,
    );
  });

  test.each(["1.35", "v1.35.0-rc.1", "1.36", "1.37"])(
    "of %s sets nothing and says why",
    (kubernetes) => {
      const { files, edits, warnings } = ask("kubelet", { kubernetes });
      expect([files, edits]).toEqual([[], []]);
      expect(warnings[0]).toContain("1.35");
    },
  );

  test("no runtime's configuration has the kubelet's flag from 1.35 on, but cri-dockerd's own", () => {
    const versions: Partial<Record<NodeRuntime, string>> = {
      containerd: "2.1",
      "cri-o": "1.35",
      k3s: "1.35",
    };
    for (const runtime of ["containerd", "cri-o", "k3s", "kubelet", "kubeadm"] as const) {
      const { files, edits } = ask(runtime, {
        kubernetes: "1.35",
        runtimeVersion: versions[runtime],
      });
      expect(JSON.stringify([files, edits])).not.toContain("pod-infra-container-image");
    }
  });
});

describe("nodeConfig for kubeadm", () => {
  test.each([
    ["1.30.1", "v1beta3", "3.9"],
    ["1.31.0", "v1beta4", "3.10"],
    ["1.35.4", "v1beta4", "3.10.1"],
    ["1.36.0", "v1beta4", "3.10.2"],
  ])("of %s is %s with a repository, and looks for pause:%s", (kubernetes, api, tag) => {
    const image = "mirror.example:5000/k8s/pause:3.10.2";
    const { files, look, warnings } = ask("kubeadm", { kubernetes, image });
    expect(parseYaml(files[0]?.content ?? "")).toEqual({
      apiVersion: `kubeadm.k8s.io/${api}`,
      kind: "ClusterConfiguration",
      kubernetesVersion: `v${kubernetes}`,
      imageRepository: "mirror.example:5000/k8s",
    });
    expect(look[0]?.shows).toBe(`mirror.example:5000/k8s/pause:${tag}`);
    expect(warnings.join()).toContain("moves every image");
    expect(warnings.join().includes("cannot be told another tag")).toBe(tag !== "3.10.2");
  });

  test("refuses an image that it would not find", async () => {
    const failure = await failureOf(() => ask("kubeadm", { image: "x.example/sandbox:1" }));
    expect(failure).toMatchObject({ code: "USAGE" });
  });
});

describe("nodeConfig refuses", () => {
  test.each<[string, Partial<NodeConfigRequest> & { runtime: NodeRuntime }, string, RegExp]>([
    ["a version that is none", { runtime: "kubelet", kubernetes: "latest" }, "INVALID", /1\.31\.4/],
    [
      "dockershim's Kubernetes",
      { runtime: "kubelet", kubernetes: "1.23" },
      "USAGE",
      /1\.24 to 1\.37/,
    ],
    [
      "one that is not there yet",
      { runtime: "kubelet", kubernetes: "1.99" },
      "USAGE",
      /1\.24 to 1\.37/,
    ],
    [
      "an old containerd",
      { runtime: "containerd", runtimeVersion: "1.5.9" },
      "USAGE",
      /1\.6 to 1\.7 and 2\.0/,
    ],
    [
      "a containerd between",
      { runtime: "containerd", runtimeVersion: "1.8" },
      "USAGE",
      /1\.6 to 1\.7/,
    ],
    ["no runtime version", { runtime: "containerd" }, "USAGE", /--runtime-version/],
    [
      "another CRI-O",
      { runtime: "cri-o", runtimeVersion: "1.33.0" },
      "USAGE",
      /--kubernetes 1\.33/,
    ],
    [
      "another k3s",
      { runtime: "k3s", runtimeVersion: "v1.30.1+k3s1" },
      "USAGE",
      /--kubernetes 1\.30/,
    ],
    ["no Kubernetes", { runtime: "kubeadm", kubernetes: undefined }, "USAGE", /--kubernetes/],
    [
      "an image without tag",
      { runtime: "kubelet", image: "registry.k8s.io/pause" },
      "USAGE",
      /3\.10\.2/,
    ],
    ["an image that is none", { runtime: "kubelet", image: 'x"\n[y]' }, "INVALID", /host/],
    [
      "a mirror with a password",
      { runtime: "k3s", runtimeVersion: "1.34", mirror: "https://u:p@x.example" },
      "USAGE",
      /host and port/,
    ],
    [
      "a mirror that breaks out",
      { runtime: "k3s", runtimeVersion: "1.34", mirror: 'http://x"\ny: z' },
      "USAGE",
      /host and port/,
    ],
    [
      "a file for others than CRI-O",
      { runtime: "k3s", runtimeVersion: "1.34", authFile: "/a" },
      "USAGE",
      /cri-o/,
    ],
  ])("%s", async (_, request, code, hint) => {
    const failure = await failureOf(() =>
      nodeConfig({ image: IMAGE, kubernetes: "1.34", ...request }),
    );
    expect(failure.code).toBe(code);
    expect(failure.hint).toMatch(hint);
    expect(failure.message).not.toContain("u:p@");
  });
});
