import { type ChildProcess, execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { hashSync } from "bcryptjs";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { writeArchive } from "../../src/store/archive-writer.ts";
import { createLayout, type Layout } from "../../src/store/layout.ts";
import { pushAll, sample } from "../contract/sample.ts";
import { scratch } from "../folder.ts";
import { makePki } from "../remote/pki.ts";
import { type Ask, bytesIn, pushSample } from "../serve/ask.ts";
import { ended, hiatus, jsonLines, start } from "./command.ts";

const content = sample();
const { index } = content;

let cwd: string;
beforeEach(() => {
  cwd = scratch();
});

/** A layout as `hiatus build` writes it. */
async function layoutAt(path: string, name?: string): Promise<Layout> {
  const layout = await createLayout(join(cwd, path));
  await pushAll(layout, content.all);
  const annotations = name === undefined ? {} : { "io.containerd.image.name": `${name}:1.0` };
  await layout.tag(index.descriptor, "1.0", { annotations });
  return layout;
}

/** Starts the command, waits for the line that says where it listens, and stops it when the test is over. */
async function serve(...args: readonly string[]) {
  const child = start(["serve", "--listen", "127.0.0.1:0", ...args], { cwd });
  const result = ended(child);
  onTestFinished(() => void child.kill("SIGKILL"));
  const url = await urlOf(child, result);
  const ask: Ask = (method, path, { headers, body } = {}) =>
    fetch(new URL(path, url), { method, headers: { ...headers }, body } as RequestInit);
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    return result;
  };
  return { url, ask, stop };
}

async function urlOf(child: ChildProcess, result: Promise<unknown>): Promise<URL> {
  const found = new Promise<URL>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on("line", (line) => {
        const url = /https?:\/\/[0-9.:]+/.exec(line)?.[0];
        if (url !== undefined) resolve(new URL(url));
      });
    }
  });
  return Promise.race([
    found,
    result.then((end) => {
      throw new Error(`It ended before it listened: ${JSON.stringify(end)}`);
    }),
  ]);
}

async function digestAt(ask: Ask, path: string): Promise<string | null> {
  const answer = await ask("GET", path);
  await answer.arrayBuffer();
  return answer.headers.get("docker-content-digest");
}

describe("hiatus serve", () => {
  test.each(["tar", "tar.gz", "tar.zst", "run"])(
    "takes a bundle by its path, as .%s, and any name with --any-name",
    async (form) => {
      await layoutAt("pause", "registry.k8s.io/team/pause");
      const made = await hiatus(["bundle", "oci:pause", "--out", `b.${form}`, "-q"], { cwd });
      expect(made).toMatchObject({ code: 0, stderr: "" });
      const { ask } = await serve(`b.${form}`, "--any-name");
      for (const name of ["team/pause", "pause", "mirror/of/it"]) {
        const answer = await ask("GET", `/v2/${name}/manifests/1.0`);
        expect(answer.headers.get("docker-content-digest")).toBe(index.descriptor.digest);
        const [blob] = content.blobs;
        const got = await ask("GET", `/v2/${name}/blobs/${blob!.descriptor.digest}`);
        expect(Buffer.from(await got.arrayBuffer())).toEqual(Buffer.from(blob!.bytes));
      }
    },
  );

  test("serves a layout by the name of its image, and logs each request", async () => {
    await layoutAt("dist/oci", "registry.k8s.io/team/pause");
    const { url, ask, stop } = await serve("oci:dist/oci");
    expect(await digestAt(ask, "/v2/team/pause/manifests/1.0")).toBe(index.descriptor.digest);
    expect(await (await ask("GET", "/v2/_catalog")).json()).toEqual({
      repositories: ["team/pause"],
    });
    expect((await ask("PUT", "/v2/team/pause/manifests/2.0", { body: "{}" })).status).toBe(405);
    const { code, stdout, stderr } = await stop();
    expect(code).toBe(0);
    expect(stderr).toContain(`Serving read-only at ${url.origin}\n  ${url.host}/team/pause:1.0\n`);
    expect(stderr).toMatch(/hiatus: Stopped\n$/);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('"GET /v2/team/pause/manifests/1.0" 200');
    expect(lines[2]).toContain("405");
  });

  test.each([
    ["oci:dist/pause/oci", "dist/pause/oci", "pause"],
    ["./images/My-Pause", "images/My-Pause", "my-pause"],
  ])("calls the layout %s as its folder is called", async (reference, path, name) => {
    await layoutAt(path);
    const { ask } = await serve(reference);
    expect(await digestAt(ask, `/v2/${name}/manifests/1.0`)).toBe(index.descriptor.digest);
  });

  test("serves an archive as its file is called, and under any name when told to", async () => {
    const layout = await layoutAt("layout");
    await writeArchive(join(cwd, "pause-3.10.2.tar"), {
      index: await layout.indexBytes(),
      descriptors: content.all.map(({ descriptor }) => descriptor),
      source: layout,
    });
    const { ask } = await serve("oci-archive:pause-3.10.2.tar", "--any-name");
    for (const name of ["pause", "rancher/mirrored-pause"]) {
      expect(await digestAt(ask, `/v2/${name}/manifests/1.0`)).toBe(index.descriptor.digest);
    }
  });

  test("serves several sources, and one by the name that it is given", async () => {
    await layoutAt("one");
    await layoutAt("two");
    const both = await serve("oci:one", "oci:two");
    expect(await (await both.ask("GET", "/v2/_catalog")).json()).toEqual({
      repositories: ["one", "two"],
    });
    const named = await serve("oci:one", "--name", "a/b");
    expect(await digestAt(named.ask, "/v2/a/b/manifests/1.0")).toBe(index.descriptor.digest);
  });

  test("--writable is a registry on disk that inspect can read and that is there again", async () => {
    const first = await serve("--writable", "registry", "--no-fsync");
    await pushSample(first.ask, "library/pause", content, "1.0");
    expect((await first.stop("SIGINT")).code).toBe(0);
    const { code, stdout } = await hiatus(
      ["inspect", "oci:registry/repositories/library+pause:1.0", "--json"],
      { cwd },
    );
    expect(code).toBe(0);
    expect(stdout).toContain(index.descriptor.digest);
    const second = await serve("--writable", "registry");
    const answer = await second.ask("GET", "/v2/library/pause/manifests/1.0");
    expect((await bytesIn(answer)).equals(index.bytes)).toBe(true);
    // Nobody else may have it meanwhile.
    const third = await hiatus(["serve", "--writable", "registry", "--listen", ":0"], { cwd });
    expect(third.code).toBe(1);
    expect(third.stderr).toMatch(/Process \d+ on .* holds the registry in "registry"/);
  });

  test("has a page, and metrics that count", async () => {
    await layoutAt("pause");
    const { ask } = await serve("oci:pause", "--quiet");
    const page = await ask("GET", "/");
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await page.text()).toContain("pause");
    const metrics = await ask("GET", "/metrics");
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await metrics.text()).toMatch(/^hiatus_requests_total\{.*route="page".*\} 1$/m);
  });

  test("--quiet prints no requests", async () => {
    await layoutAt("pause");
    const { ask, stop } = await serve("oci:pause", "--quiet");
    await digestAt(ask, "/v2/pause/manifests/1.0");
    expect((await stop()).stdout).toBe("");
  });

  test("--json prints events", async () => {
    await layoutAt("pause");
    const json = await serve("oci:pause", "--json");
    await digestAt(json.ask, "/v2/pause/manifests/1.0");
    const { stdout, stderr } = await json.stop();
    expect(jsonLines(stdout)).toMatchObject([
      { type: "listening", url: json.url.origin, repositories: [{ name: "pause", tag: "1.0" }] },
      { type: "request", method: "GET", status: 200, repository: "pause", reference: "1.0" },
      { type: "stopped" },
    ]);
    expect(stderr).not.toContain("Serving");
  });

  test("--htpasswd asks for a password, --anonymous-pull for pushing only", async () => {
    await layoutAt("pause");
    writeFileSync(join(cwd, "users"), `ada:${hashSync("secret", 4)}\n`);
    const closed = await serve("oci:pause", "--htpasswd", "users");
    expect((await closed.ask("GET", "/v2/")).status).toBe(401);
    const headers = { authorization: `Basic ${Buffer.from("ada:secret").toString("base64")}` };
    expect((await closed.ask("GET", "/v2/", { headers })).status).toBe(200);
    const { stdout } = await closed.stop();
    expect(stdout).toContain(" ada [");
    expect(stdout).not.toContain("secret");
    const open = await serve("--writable", "registry", "--htpasswd", "users", "--anonymous-pull");
    expect((await open.ask("GET", "/v2/")).status).toBe(200);
    expect((await open.ask("POST", "/v2/pause/blobs/uploads/")).status).toBe(401);
  });

  test("--tls-cert and --tls-key speak TLS", async () => {
    const pki = makePki();
    onTestFinished(() => pki.remove());
    await layoutAt("pause");
    const { url } = await serve(
      ...["oci:pause", "--tls-cert", join(pki.folder, "good.crt")],
      ...["--tls-key", join(pki.folder, "good.key")],
    );
    expect(url.protocol).toBe("https:");
    const program = `fetch("${url.origin}/v2/").then((answer) => console.log(answer.status))`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(pki.folder, "ca.crt") };
    const said = execFileSync(process.execPath, ["-e", program], { env, encoding: "utf8" });
    expect(said).toBe("200\n");
  });

  test("says aloud that others can reach it, and what they can do", async () => {
    await layoutAt("pause");
    writeFileSync(join(cwd, "users"), `ada:${hashSync("secret", 4)}\n`);
    const said = async (...args: string[]) => {
      const { stop } = await serve("--listen", "0.0.0.0:0", ...args);
      return (await stop()).stderr;
    };
    expect(await said("oci:pause")).toContain("Everybody who reaches 0.0.0.0 can pull\n");
    expect(await said("--writable", "registry")).toContain("can pull and push\n");
    const passwords = await said("--writable", "registry", "--htpasswd", "users");
    expect(passwords).toContain("Passwords travel readable");
  });

  test.each([
    [[], "There is nothing to serve"],
    [["oci:a", "--writable", "b"], "Sources cannot be served beside a writable folder"],
    [["oci:a", "oci:b", "--name", "c"], "Names are for one source"],
    [["oci:pause", "--listen", "5000"], '"5000" is not an address to listen on'],
    [["oci:pause", "--tls-cert", "x"], "A certificate needs its key"],
    [["oci:pause", "--anonymous-pull"], "Everybody may pull and push already"],
    [["oci:pause", "--name", "UPPER"], '"UPPER" is not the name of a repository'],
    [["oci:pause:1.0"], "names a part of what would be served"],
    [["registry.example/pause"], "is in a registry already"],
    [["oci:pause", "oci:pause"], 'Two sources are called "pause"'],
    [["--writable", "pause"], "is an image layout, not the folder of a registry"],
    [["--writable", "b", "--name", "x"], "cannot be used with option"],
  ])("serve %j is wrong usage", async (args, message) => {
    await layoutAt("pause");
    const { code, stderr } = await hiatus(["serve", ...args], { cwd });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(join(cwd, "b"))).toBe(false);
  });

  test.each([
    [["oci:not-here"], 'There is no folder "not-here"'],
    [["oci:pause", "--listen", "192.0.2.1:0"], "Cannot listen on 192.0.2.1 port 0: EADDRNOTAVAIL"],
  ])("serve %j fails", async (args, message) => {
    await layoutAt("pause");
    const { code, stderr } = await hiatus(["serve", ...args], { cwd });
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  test("a file of passwords that cannot be used is wrong configuration", async () => {
    await layoutAt("pause");
    writeFileSync(join(cwd, "users"), "ada:secret\n");
    const { code, stderr } = await hiatus(["serve", "oci:pause", "--htpasswd", "users"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('Line 1 of "users"');
    expect(stderr).not.toContain("secret");
  });
});
