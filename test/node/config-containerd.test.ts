import { expect, it } from "vitest";
import { nodeConfig } from "../../src/index.ts";
import { scratch } from "../folder.ts";
import { attempt, run } from "../runtime/command.ts";
import { describeWith } from "../runtime/needs.ts";
import { writeNode } from "./node-root.ts";

const IMAGE = "mirror.example:5000/k8s/pause:3.10.2";
const MAIN = `version = 2
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true
`;

describeWith({ programs: ["containerd"] }, "containerd of Debian", () => {
  it("takes what nodeConfig writes for its version, and keeps what the node had", async () => {
    const version = (await run(["containerd", "--version"])).split(" ")[2] ?? "";
    const root = scratch();
    const config = nodeConfig({
      runtime: "containerd",
      image: IMAGE,
      kubernetes: "1.31",
      runtimeVersion: version,
      mirror: "http://127.0.0.1:5000",
      existing: MAIN,
    });
    const { code, stdout } = await attempt([
      "containerd",
      "--config",
      writeNode(root, config, MAIN),
      "config",
      "dump",
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain(`sandbox_image = "${IMAGE}"`);
    expect(stdout).toContain('config_path = "/etc/containerd/certs.d"');
    expect(stdout).toContain("SystemdCgroup = true");
  });

  it("would lose what the node had without --existing, as the warning says", async () => {
    const version = (await run(["containerd", "--version"])).split(" ")[2] ?? "";
    const config = nodeConfig({
      runtime: "containerd",
      image: IMAGE,
      kubernetes: "1.31",
      runtimeVersion: version,
    });
    const main = writeNode(scratch(), config, MAIN);
    expect(await run(["containerd", "--config", main, "config", "dump"])).toContain(
      "SystemdCgroup = false",
    );
    expect(config.warnings.join()).toContain("SystemdCgroup");
  });
});
