import { describe, expect, test } from "vitest";
import { hints, loginCommands, pullCommands } from "../../src/serve/page/commands.ts";
import { pageOf, sortTags, wantedOf } from "../../src/serve/page/listing.ts";
import { originOf } from "../../src/serve/page/origin.ts";
import { formatCount, formatRange, formatSize } from "../../src/serve/page/text.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

describe("originOf", () => {
  test.each([
    ["http://127.0.0.1:5000/", { host: "127.0.0.1:5000", secure: false, loopback: true }],
    ["http://127.1.2.3/", { host: "127.1.2.3", secure: false, loopback: true }],
    ["http://[::1]:5000/", { host: "[::1]:5000", secure: false, loopback: true }],
    ["http://localhost/", { host: "localhost", secure: false, loopback: true }],
    ["https://registry.example/", { host: "registry.example", secure: true, loopback: false }],
    // Docker Hub would be asked for registry/pause otherwise.
    ["http://registry/", { host: "registry:80", secure: false, loopback: false }],
    ["https://registry/", { host: "registry:443", secure: true, loopback: false }],
    ["http://registry:5000/", { host: "registry:5000", secure: false, loopback: false }],
    ["http://127.0.0.1.example/", { host: "127.0.0.1.example", secure: false, loopback: false }],
    ["http://a$(id)/", { host: "registry.example", secure: false, loopback: false }],
  ])("of %s", (url, origin) => {
    expect(originOf(new URL(url))).toEqual(origin);
  });
});

describe("pullCommands", () => {
  const linesOf = (url: string, reference = "3.10") =>
    pullCommands(originOf(new URL(url)), "pause", reference).map(({ line }) => line);

  test("over plain HTTP tell each tool that takes it as an option", () => {
    expect(linesOf("http://10.0.0.1:5000/")).toEqual([
      "docker pull 10.0.0.1:5000/pause:3.10",
      "podman pull --tls-verify=false 10.0.0.1:5000/pause:3.10",
      "ctr --namespace k8s.io images pull --plain-http 10.0.0.1:5000/pause:3.10",
      "crictl pull 10.0.0.1:5000/pause:3.10",
    ]);
  });

  test("over HTTPS need no option, and take digests", () => {
    expect(linesOf("https://registry.example/", DIGEST)).toEqual([
      `docker pull registry.example/pause@${DIGEST}`,
      `podman pull registry.example/pause@${DIGEST}`,
      `ctr --namespace k8s.io images pull registry.example/pause@${DIGEST}`,
      `crictl pull registry.example/pause@${DIGEST}`,
    ]);
  });

  test("loginCommands hold a place for the name, never a name", () => {
    const lines = loginCommands(originOf(new URL("https://r.example/")), "a", "1").map(
      (c) => c.line,
    );
    expect(lines).toEqual([
      "docker login r.example",
      "podman login r.example",
      "ctr --namespace k8s.io images pull --user NAME r.example/a:1",
      "crictl pull --creds NAME:PASSWORD r.example/a:1",
    ]);
  });
});

describe("hints", () => {
  const of = (url: string) =>
    Object.fromEntries(hints(originOf(new URL(url))).map((hint) => [hint.tool, hint]));

  test("for plain HTTP from elsewhere name the files of each tool", () => {
    const far = of("http://10.0.0.1:5000/");
    expect(JSON.parse(far.Docker?.lines ?? "")).toEqual({
      "insecure-registries": ["10.0.0.1:5000"],
    });
    expect(far["Podman and CRI-O"]?.lines).toContain('location = "10.0.0.1:5000"\ninsecure = true');
    const crictl = far["crictl with containerd"];
    expect(crictl?.file).toBe("/etc/containerd/certs.d/10.0.0.1:5000/hosts.toml");
    expect(crictl?.lines).toContain('[host."http://10.0.0.1:5000"]');
  });

  test("for this machine ask nothing of Docker and containerd", () => {
    const near = of("http://127.0.0.1:5000/");
    expect(near.Docker?.lines).toBeUndefined();
    expect(near["crictl with containerd"]?.lines).toBeUndefined();
    expect(near["Podman and CRI-O"]?.lines).toContain("insecure = true");
  });

  test("for HTTPS say where a certificate goes and never to leave checking out", () => {
    const text = JSON.stringify(of("https://registry.example/"));
    expect(text).toContain("/etc/docker/certs.d/registry.example/ca.crt");
    expect(text).toContain("--tlscacert");
    expect(text).not.toMatch(/insecure|skip/);
  });
});

describe("lists", () => {
  test("sortTags puts versions first, the highest first, then words, then attachments", () => {
    const attached = `sha256-${"0".repeat(64)}.sig`;
    expect(sortTags([attached, "3.9", "latest", "v4", "3.10", "edge", "3.10.2"])).toEqual([
      ...["v4", "3.10.2", "3.10", "3.9", "edge", "latest"],
      attached,
    ]);
  });

  test("wantedOf takes nonsense as nothing", () => {
    const of = (query: string) => wantedOf(new URLSearchParams(query));
    expect(of("")).toEqual({ filter: "", page: 1 });
    expect(of("q=+a+&page=12")).toEqual({ filter: "a", page: 12 });
    for (const page of ["0", "-1", "1.5", "1e3", "NaN", "9999999"]) {
      expect(of(`page=${page}`).page).toBe(1);
    }
    expect(of(`q=${"x".repeat(1000)}`).filter).toHaveLength(200);
  });

  test("pageOf shows the last page for one past the end", () => {
    expect(pageOf([1, 2, 3], 9, 2)).toMatchObject({ items: [3], page: 2, pages: 2, total: 3 });
    expect(pageOf([], 1, 2)).toMatchObject({ items: [], page: 1, pages: 1, total: 0 });
  });
});

describe("numbers", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9949, "9.9 kB"],
    [9950, "10 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [1.5e9, "1.5 GB"],
    [Number.MAX_SAFE_INTEGER, "9.0 PB"],
  ])("formatSize of %d is %s", (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  test("formatCount and formatRange", () => {
    expect([formatCount(12), formatCount(1234567)]).toEqual(["12", "1,234,567"]);
    expect([formatRange(1000, 1010), formatRange(10, 1000)]).toEqual(["1.0 kB", "10 B to 1.0 kB"]);
  });
});
