import { describe, expect, test } from "vitest";
import { defaultName } from "../../src/serve/default-name.ts";
import { layoutIndex } from "../../src/store/layout-index.ts";
import { sample } from "../contract/sample.ts";

const { descriptor } = sample().index;
const index = (...names: readonly string[]) =>
  layoutIndex(
    names.map((name, i) => ({
      descriptor,
      tag: String(i),
      annotations: { "io.containerd.image.name": name },
    })),
  );

describe("defaultName", () => {
  test.each([
    [["registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.9"], "pause"],
    [["localhost/team/pause:1.0"], "team/pause"],
    [["docker.io/library/busybox:1"], "library/busybox"],
    [["registry.k8s.io/pause:3.10", "other.example/pause:latest"], "pause"],
  ])("%j agree on %s", (names, expected) => {
    expect(defaultName(index(...names), "/somewhere/else")).toBe(expected);
  });

  test.each([
    ["dist/pause/oci", "pause"],
    ["dist/pause/OCI/", "pause"],
    ["dist/pause", "pause"],
    ["Pause", "pause"],
    ["pause-3.10.2.tar", "pause"],
    ["a/pause-v3.tar.gz", "pause"],
    ["pause.oci.tar", "pause"],
    ["team-pause.tgz", "team-pause"],
    ["my pause", undefined],
    ["..pause", undefined],
    ["-1.tar", undefined],
  ])("the path %s is %s, when nothing or two things are said", (path, expected) => {
    expect(defaultName(layoutIndex([{ descriptor, tag: "1.0" }]), path)).toBe(expected);
    expect(defaultName(index("a.example/x:1", "a.example/y:1"), path)).toBe(expected);
    expect(defaultName(index("NOT A REFERENCE"), path)).toBe(expected);
  });
});
