import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { HiatusError } from "../../src/errors.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { createPage, type PageOptions } from "../../src/serve/page/page.ts";
import { openArchive } from "../../src/store/archive.ts";
import { writeArchive } from "../../src/store/archive-writer.ts";
import { createLayout } from "../../src/store/layout.ts";
import { layoutIndex } from "../../src/store/layout-index.ts";
import { createMemory } from "../../src/store/memory.ts";
import type { Source } from "../../src/store/source.ts";
import { image, pushAll, sample } from "../contract/sample.ts";
import { failureOf } from "../failure.ts";
import { scratch } from "../folder.ts";
import {
  pauseRepository,
  put,
  putImage,
  putIndex,
  putReferrer,
  repositoriesOf,
  sampleRepositories,
} from "./page-sample.ts";

const HOST = "http://registry.example:5000";

async function ask(
  table: Readonly<Record<string, Source>>,
  path: string,
  options: PageOptions & { readonly method?: string } = {},
): Promise<Response> {
  const { method = "GET", ...rest } = options;
  const response = await createPage(
    repositoriesOf(table),
    rest,
  )(new Request(HOST + path, { method }));
  if (response === undefined) throw new Error(`${path} is not the page's`);
  return response;
}

async function textOf(table: Readonly<Record<string, Source>>, path: string): Promise<string> {
  return (await ask(table, path)).text();
}

/** The text of each row of the table, cells separated by a bar. */
function rowsOf(html: string): readonly string[] {
  const body = /<tbody[^>]*>(.*)<\/tbody>/s.exec(html)?.[1] ?? "";
  return [...body.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row = ""]) =>
    row
      .replaceAll(/<\/t[dh]>/g, "|")
      .replaceAll(/<\/li>/g, " ")
      .replaceAll(/<[^>]*>/g, "")
      .trim(),
  );
}

describe("createPage", () => {
  test("leaves every other path to the registry", async () => {
    const page = createPage(await sampleRepositories());
    for (const path of ["/v2/", "/metrics", "/index.html", "/rx", "/r.html"]) {
      expect(await page(new Request(HOST + path))).toBeUndefined();
    }
  });

  test.each([
    "/r/",
    "/r/Upper",
    "/r/a//b",
    "/r/../etc",
    "/r/a:",
    "/r/a:-",
    "/r/a@sha256:00",
    "/r/a%00",
  ])("answers 404 in HTML to %s, which names nothing", async (path) => {
    // Some of these a URL parser makes something else of, which is then somebody else's.
    const page = createPage(await sampleRepositories());
    const response = await page(new Request(HOST + path));
    expect([undefined, 404]).toContain(response?.status);
    expect(await ask({}, "/r/%2e%2e%2fetc").then((other) => other.status)).toBe(404);
  });

  test("answers 404 to repositories, tags and digests that are not here", async () => {
    const pause = await pauseRepository();
    for (const path of ["/r/nope", "/r/pause:nope", `/r/pause@${digestOf(new Uint8Array())}`]) {
      const response = await ask({ pause }, path);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("<h1>Not found</h1>");
    }
  });

  test("answers HEAD as GET without a body, and refuses to be written to", async () => {
    const head = await ask({}, "/", { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await head.text()).toBe("");
    const length = (await (await ask({}, "/")).arrayBuffer()).byteLength;
    expect(head.headers.get("content-length")).toBe(String(length));
    const post = await ask({}, "/", { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("allows the browser its own style and script, by hash, and nothing else", async () => {
    const response = await ask({ pause: await pauseRepository() }, "/r/pause:3.10.2");
    const html = await response.text();
    const hashOf = (element: string) => {
      const inside = new RegExp(`<${element}>(.*?)</${element}>`, "s").exec(html)?.[1] ?? "";
      return `'sha256-${createHash("sha256").update(inside).digest("base64")}'`;
    };
    expect(response.headers.get("content-security-policy")?.split("; ")).toEqual([
      "default-src 'none'",
      `script-src ${hashOf("script")}`,
      `style-src ${hashOf("style")}`,
      "img-src data:",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    // Nothing leaves the registry, and nothing is inline that the policy would have to allow.
    expect(html).not.toMatch(/\s(on[a-z]+|style)=/);
    expect(html.match(/(?:src|href|action)="(?!\/|#|data:image\/svg\+xml,)[^"]*"/g)).toBeNull();
  });

  test("passes failures of the disk and aborts on to the registry", async () => {
    const broken = { ...createMemory(), tags: () => thrown(new HiatusError("IO", "No disk")) };
    const failure = await failureOf(ask({ broken: broken as unknown as Source }, "/r/broken"));
    expect(failure.code).toBe("IO");
    const page = createPage(repositoriesOf({ pause: await pauseRepository() }));
    const signal = AbortSignal.abort();
    await expect(page(new Request(`${HOST}/r/pause`, { signal }))).rejects.toThrow(/abort/i);
  });
});

// biome-ignore lint/correctness/useYield: it fails before it could
async function* thrown(error: Error): AsyncGenerator<string> {
  throw error;
}

describe("the list of repositories", () => {
  test("shows each with the number of its tags and the highest of them", async () => {
    const html = await textOf({ pause: await pauseRepository(), empty: createMemory() }, "/");
    expect(rowsOf(html)).toEqual(["empty|0||", "pause|5|3.10.2 3.10 3.9 edge-amd64 |"]);
    expect(html).toContain('href="/r/pause:3.10.2"');
    expect(html).toContain("2 repositories");
  });

  test("filters in any case, and shows the filter in its field", async () => {
    const table = { pause: createMemory(), "team/tools": createMemory() };
    const html = await textOf(table, "/?q=TOOL%22%3E");
    expect(html).toContain('value="TOOL&quot;&gt;"');
    expect(rowsOf(html)).toEqual([]);
    expect(rowsOf(await textOf(table, "/?q=TOOL"))).toEqual(["team/tools|0||"]);
  });

  test("is cut into pages that keep the filter", async () => {
    const store = createMemory();
    const table = Object.fromEntries(
      Array.from({ length: 120 }, (_, i) => [`name-${i + 100}`, store]),
    );
    const first = await textOf(table, "/?q=name");
    expect(rowsOf(first)).toHaveLength(50);
    expect(first).toContain("120 repositories with “name”");
    expect(first).toContain('href="/?q=name&amp;page=2"');
    expect(first).not.toContain('rel="prev"');
    const last = await textOf(table, "/?page=99");
    expect(rowsOf(last)).toHaveLength(20);
    expect(last).toContain("Page 3 of 3");
    // A list on several pages is filtered by the registry.
    expect(last).not.toContain(" data-live");
    expect(await textOf({ one: store }, "/")).toContain(" data-live");
  });

  test("goes through no more names than it may", async () => {
    let asked = 0;
    const page = createPage({
      async *names() {
        for (;;) yield `name-${asked++}`;
      },
      open: async () => createMemory(),
    });
    const html = await (await page(new Request(`${HOST}/`)))?.text();
    expect(html).toContain("10,000+ repositories");
    expect(asked).toBeLessThan(10_010);
  });

  test("shows the others when one is damaged, and tells the log and not the person where", async () => {
    const why = new HiatusError("CONTENT", 'Cannot read "/srv/secret-folder/index.json"');
    const damaged = { ...wrapped(createMemory()), tags: () => thrown(why) };
    const table = { damaged, pause: await pauseRepository() };
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const home = await (await ask(table, "/", { onError })).text();
    expect(rowsOf(home)[0]).toBe("damaged|–|It cannot be read; the log of the registry says why|");
    expect(rowsOf(home)[1]).toMatch(/^pause\|5\|/);
    const own = await ask(table, "/r/damaged", { onError });
    expect(own.status).toBe(500);
    expect(home + (await own.text())).not.toContain("secret-folder");
    expect(errors).toEqual([why, why]);
  });

  test("says what to do when there is nothing", async () => {
    expect(await textOf({}, "/")).toContain("holds no image that a tag names");
    const writable = await (await ask({}, "/", { writable: true })).text();
    expect(writable).toContain("hiatus push oci:dist/pause/oci registry.example:5000/pause:3.10.2");
    expect(writable).toContain(">Writable<");
  });
});

describe("a repository", () => {
  test("shows tags with platforms, download and digest, versions first and attachments last", async () => {
    const pause = await pauseRepository();
    const html = await textOf({ pause }, "/r/pause");
    const { digest } = await pause.resolve("3.10.2");
    const rows = rowsOf(html);
    expect(rows.map((row) => row.split("|")[0])).toEqual([
      ...["3.10.2", "3.10", "3.9", "edge-amd64"],
      `sha256-${digest.slice(7)}`,
    ]);
    expect(rows[0]).toMatch(
      new RegExp(
        `linux/386 linux/arm64/v8 linux/arm/v5 7 more \\|1\\.\\d kB( to 1\\.\\d kB)?\\|${digest}\\|`,
      ),
    );
    expect(rows[4]).toContain("Attachments of a digest");
  });

  test("shows the other tags when one cannot be read", async () => {
    const pause = await pauseRepository();
    const damaged: Source = {
      ...wrapped(pause),
      resolve: async (reference, options) => {
        if (reference === "3.9") throw new HiatusError("NOT_FOUND", "at /srv/secret-folder");
        if (reference === "3.10") throw new HiatusError("CONTENT", "at /srv/secret-folder too");
        return pause.resolve(reference, options);
      },
    };
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const html = await (await ask({ damaged }, "/r/damaged", { onError })).text();
    expect(rowsOf(html)[1]).toContain("It cannot be read; the log of the registry says why");
    expect(rowsOf(html)[2]).toContain("It is not here");
    expect(errors).toHaveLength(1);
    expect(rowsOf(html)[0]).toContain("linux/amd64");
    expect(html).not.toContain("secret-folder");
  });

  test("reads no more than one view may cost", async () => {
    const store = createMemory();
    const { manifest, blobs } = image({ os: "linux", architecture: "amd64" });
    await pushAll(store, [...blobs, manifest]);
    const child = manifest.descriptor;
    for (let i = 0; i < 25; i++) {
      const images = [];
      for (let j = 0; j < 40; j++) images.push(await putImage(store, "linux/amd64", `${i}-${j}`));
      await store.tag(await putIndex(store, [child, ...images]), `tag-${i}`);
    }
    let read = 0;
    const counting: Source = {
      ...wrapped(store),
      fetch: (descriptor, options) => {
        read++;
        return store.fetch(descriptor, options);
      },
    };
    const response = await ask({ counting }, "/r/counting");
    expect(response.status).toBe(200);
    expect(read).toBe(600);
    expect(await response.text()).toContain("Not read, because this page has read enough");
  });
});

/** A store whose methods can be replaced one by one. */
function wrapped(store: Source): Source {
  return {
    fetch: (...args) => store.fetch(...args),
    exists: (...args) => store.exists(...args),
    resolve: (...args) => store.resolve(...args),
    tags: (...args) => store.tags(...args),
  };
}

describe("an image", () => {
  test("shows an index with platforms, digests, commands, annotations and referrers", async () => {
    const pause = await pauseRepository();
    const html = await textOf({ pause }, "/r/pause:3.10.2");
    const { digest } = await pause.resolve("3.10.2");
    expect(html).toContain("An image for 11 platforms");
    expect(html).toContain(`href="/r/pause@${digest}"`);
    for (const text of [
      "<code>docker pull registry.example:5000/pause:3.10.2</code>",
      "<code>podman pull --tls-verify=false registry.example:5000/pause:3.10.2</code>",
      "<code>ctr --namespace k8s.io images pull --plain-http registry.example:5000/pause:3.10.2</code>",
      "<code>crictl pull registry.example:5000/pause:3.10.2</code>",
      "linux/loong64",
      "https://github.com/kubernetes/kubernetes",
      "application/vnd.dev.sigstore.bundle.v0.3+json",
      "application/vnd.cyclonedx+json",
    ]) {
      expect(html).toContain(text);
    }
    expect(html).toContain("what each tool has to be told");
    expect(html).not.toContain("wants a name and a password");
  });

  test("shows one platform with its config, labels and layers, by tag and by digest", async () => {
    const pause = await pauseRepository();
    const { digest } = await pause.resolve("edge-amd64");
    for (const path of ["/r/pause:edge-amd64", `/r/pause@${digest}`]) {
      const html = await textOf({ pause }, path);
      expect(html).toContain("An image for linux/amd64");
      for (const text of [
        "65535:65535",
        "[&quot;/pause&quot;]",
        "2025-11-22T05:00:00Z",
        "Apache-2.0",
      ]) {
        expect(html).toContain(text);
      }
      expect(html).toContain("1 layer, bottom first");
    }
    const byDigest = await textOf({ pause }, `/r/pause@${digest}`);
    expect(byDigest).toContain(`<code>docker pull registry.example:5000/pause@${digest}</code>`);
    expect(byDigest).not.toContain("pull by digest");
  });

  test("shows an artifact as what it is, and what it refers to", async () => {
    const store = createMemory();
    const subject = await putImage(store, "linux/amd64", "1");
    const { digest } = await putReferrer(store, subject, "application/vnd.example.sbom+json");
    const html = await textOf({ a: store }, `/r/a@${digest}`);
    expect(html).toContain("An artifact of type application/vnd.example.sbom+json");
    expect(html).toContain(`href="/r/a@${subject.digest}"`);
    expect(html).not.toContain("docker pull");
  });

  test("tells attestations from platforms", async () => {
    const store = createMemory();
    const runs = await putImage(store, "linux/amd64", "1");
    const { manifest, blobs } = image({ os: "unknown", architecture: "unknown" }, "attested");
    await pushAll(store, [...blobs, manifest]);
    await store.tag(await putIndex(store, [runs, manifest.descriptor]), "1");
    const html = await textOf({ a: store }, "/r/a:1");
    expect(html).toContain("An image for 1 platform<");
    expect(html).toMatch(/href="[^"]*">attestation</);
    expect(html).not.toContain("unknown/unknown");
  });

  test("gives its documents byte for byte, as text that is not obeyed", async () => {
    const pause = await pauseRepository();
    const { digest } = await pause.resolve("edge-amd64");
    const manifest = await ask({ pause }, "/r/pause:edge-amd64?raw=manifest");
    expect(digestOf(new Uint8Array(await manifest.arrayBuffer()))).toBe(digest);
    expect(manifest.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(manifest.headers.get("content-security-policy")).toContain("sandbox");
    expect(manifest.headers.get("x-content-type-options")).toBe("nosniff");
    const config = await ask({ pause }, `/r/pause@${digest}?raw=config`);
    expect(await config.json()).toMatchObject({ architecture: "amd64", os: "linux" });
    for (const path of ["/r/pause:3.10.2?raw=config", "/r/pause:3.10.2?raw=nonsense"]) {
      expect((await ask({ pause }, path)).status).toBe(404);
    }
  });

  test("shows what it can when the manifest is damaged or is something else", async () => {
    const store = createMemory();
    const nothing = await put(store, "application/octet-stream", { hello: "<b>" });
    const posing: Source = {
      ...wrapped(store),
      resolve: async () => ({ ...nothing, mediaType: MediaType.ociManifest }),
    };
    const response = await ask({ posing }, "/r/posing:1");
    expect(response.status).toBe(200);
    const html = await response.text();
    expect(html).toContain("This manifest cannot be shown. Cannot read the manifest of type");
    expect(html).toContain(nothing.digest);
  });

  test("cuts a large index into pages", async () => {
    const store = createMemory();
    const images = [];
    for (let i = 0; i < 120; i++) images.push(await putImage(store, "linux/amd64", `${i}`));
    await store.tag(await putIndex(store, images), "1");
    const html = await textOf({ a: store }, "/r/a:1?page=2");
    expect(html).toContain(images[50]?.digest);
    expect(html).not.toContain(images[49]?.digest);
    expect(html).toContain('href="/r/a:1?page=3"');
  });
});

describe("read-only sources", () => {
  test("a layout and an archive are shown as memory is", async () => {
    const layout = await createLayout(scratch());
    const { all, index, signature, signatureBlobs } = sample();
    await pushAll(layout, [...all, ...signatureBlobs, signature]);
    await layout.tag(index.descriptor, "1");
    const file = `${scratch()}/a.tar`;
    const pieces = [...all, ...signatureBlobs, signature];
    await writeArchive(file, {
      index: layoutIndex([
        { descriptor: index.descriptor, tag: "1" },
        { descriptor: signature.descriptor },
      ]),
      descriptors: pieces.map(({ descriptor }) => descriptor),
      source: layout,
    });
    const archive = await openArchive(file);
    const fromLayout = await textOf({ a: layout }, "/r/a:1");
    expect(await textOf({ a: archive }, "/r/a:1")).toBe(fromLayout);
    expect(fromLayout).toContain("application/vnd.example.signature");
    expect(fromLayout).toContain("linux/arm/v7");
    archive.close();
  });
});
