import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { MediaType } from "../../src/oci/media-type.ts";
import { END, entry, pax } from "../store/hostile-tar.ts";
import { only, problemsOf, withConfig } from "./check-image.ts";
import { AMD64, ARM64, type Changes, compilePrograms, type Json, layerTar } from "./made-image.ts";

let programs: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  programs = await compilePrograms();
});

const problems = (changes: Changes) => problemsOf(programs, changes);
const program = () => Buffer.from(programs.get(AMD64) as Uint8Array);
const named = (name: string) => entry({ name, mode: "000755 \0" }, program());

describe("verifyStructure", () => {
  test.each<[string, Changes, readonly (string | RegExp)[]]>([
    [
      "an index without children",
      { index: (index) => ({ ...index, manifests: [] }) },
      ["index: children: it lists nothing"],
    ],
    [
      "an index with 1001 children",
      {
        index: (index) => ({
          ...index,
          manifests: Array(1001).fill((index.manifests as Json[])[0]),
        }),
      },
      [/^index: document: .*manifests/],
    ],
    [
      "an index that lists a platform twice",
      {
        index: (index) => ({
          ...index,
          manifests: [...(index.manifests as Json[]), (index.manifests as Json[])[1]],
        }),
      },
      ["index: children: linux/arm64 is listed twice"],
    ],
    [
      "two names of one platform",
      {
        index: (index) => {
          const [, child] = index.manifests as Json[];
          const platform = { os: "linux", architecture: "arm64", variant: "v8" };
          return { ...index, manifests: [child, { ...child, platform }] };
        },
      },
      ["index: children: linux/arm64/v8 is listed twice"],
    ],
    [
      "a child without a platform",
      { child: only(AMD64, ({ platform: _, ...child }: Json) => child) as never },
      [/^index: children: sha256:[0-9a-f]{64} has no platform$/],
    ],
    [
      "an attestation among the images",
      {
        child: only(AMD64, (child: Json) => ({
          ...child,
          platform: { os: "unknown", architecture: "unknown" },
        })) as never,
      },
      ["unknown/unknown: config: it says linux/amd64, and the index unknown/unknown"],
    ],
    [
      "an index inside the index",
      {
        child: only(AMD64, (child: Json) => ({ ...child, mediaType: MediaType.ociIndex })) as never,
      },
      [/^index: children: sha256:\w+ has media type application\/vnd.oci.image.index.v1\+json$/],
    ],
    [
      "a child that is no manifest",
      { child: only(AMD64, (child: Json) => ({ ...child, mediaType: "text/plain" })) as never },
      [/^index: children: sha256:\w+ has media type text\/plain$/],
    ],
    [
      "swapped platforms",
      {
        index: (index) => {
          const [a, b] = index.manifests as Json[];
          return {
            ...index,
            manifests: [
              { ...a, platform: b?.platform },
              { ...b, platform: a?.platform },
            ],
          };
        },
      },
      [
        "linux/arm64: config: it says linux/amd64, and the index linux/arm64",
        "linux/amd64: config: it says linux/arm64, and the index linux/amd64",
      ],
    ],
    [
      "a config of another CPU than its program, as upstream's 3.1 was",
      {
        child: only(ARM64, (child: Json) => ({
          ...child,
          platform: { os: "linux", architecture: "s390x" },
        })) as never,
        config: only(ARM64, (config: Json) => ({ ...config, architecture: "s390x" })),
      },
      [
        /^linux\/s390x: binary: .*the byte order should be big.*the machine should be 22, but is 183/,
      ],
    ],
    [
      "a program of another CPU",
      { program: () => program() },
      [/^linux\/arm64: binary: .*the machine should be 183, but is 62/],
    ],
    [
      "a program that was cut short",
      { program: (name) => (programs.get(name) as Uint8Array).subarray(0, 100) },
      [/^linux\/amd64: binary: /, /^linux\/arm64: binary: /],
    ],
    [
      "a script instead of a program",
      { program: () => Buffer.from("#!/bin/sh\n") },
      [/^linux\/amd64: binary: /, /^linux\/arm64: binary: /],
    ],
    [
      "two layers",
      {
        manifest: only(AMD64, (manifest: Json) => ({
          ...manifest,
          layers: [...(manifest.layers as Json[]), ...(manifest.layers as Json[])],
        })),
      },
      [
        "linux/amd64: manifest: it has 2 layers and not one",
        "linux/amd64: config: the manifest could not be read",
        "linux/amd64: layer: the manifest could not be read",
        ...["entry point", "user", "labels", "dates", "binary"].map(
          (check) =>
            new RegExp(
              `^linux/amd64: ${check}: \\(not tried\\) the (?:layer|config) could not be read$`,
            ),
        ),
      ],
    ],
    [
      "no layer",
      { manifest: only(AMD64, (manifest: Json) => ({ ...manifest, layers: [] })) },
      [
        /^linux\/amd64: manifest: it has 0 layers and not one$/,
        ...Array(7).fill(/^linux\/amd64: /),
      ],
    ],
    [
      "a layer with another entry",
      {
        tar: (bytes) =>
          Buffer.concat([
            entry({ name: "pause", mode: "000755 \0" }, Buffer.from(bytes)),
            entry({ name: "etc/passwd" }),
            END,
          ]),
      },
      [
        /^linux\/amd64: layer: it holds 2 entries and not one file$/,
        /^linux\/arm64: layer: it holds 2/,
      ],
    ],
    [
      "a layer with a folder before the file",
      { tar: (bytes) => Buffer.concat([entry({ name: "./", type: "5" }), layerTar(bytes)]) },
      [
        /^linux\/amd64: layer: it holds 2 entries/,
        /^linux\/amd64: binary: /,
        /^linux\/arm64: layer: it holds 2/,
        /^linux\/arm64: binary: /,
      ],
    ],
    [
      "a folder called pause",
      { tar: () => Buffer.concat([entry({ name: "pause", type: "5", mode: "000755 \0" }), END]) },
      [
        "linux/amd64: layer: /pause is a folder",
        /^linux\/amd64: binary: /,
        "linux/arm64: layer: /pause is a folder",
        /^linux\/arm64: binary: /,
      ],
    ],
    [
      "a link called pause",
      { tar: () => Buffer.concat([entry({ name: "pause", type: "2", linkname: "/bin/sh" }), END]) },
      expectLayerUnreadable("neither a file nor a folder"),
    ],
    [
      "extended attributes, which may be capabilities",
      {
        tar: (bytes) =>
          Buffer.concat([pax({ "SCHILY.xattr.security.capability": "x" }), layerTar(bytes)]),
      },
      expectLayerUnreadable("SCHILY"),
    ],
    [
      "something after the end of the layer",
      { tar: (bytes) => Buffer.concat([layerTar(bytes), named("sh")]) },
      expectLayerUnreadable("something that readers disagree on"),
    ],
    [
      "a layer that is not compressed",
      { layer: (tar) => tar },
      expectLayerUnreadable("it is not gzip"),
    ],
    [
      "a layer that is a bomb",
      { tar: () => Buffer.alloc(8 * 1024 * 1024) },
      expectLayerUnreadable("it expands to more than"),
    ],
    [
      "something after the gzip data",
      {
        layer: (tar) => Buffer.concat([gzipSync(tar), Buffer.from("x")]),
      },
      expectLayerUnreadable("it is not gzip"),
    ],
    [
      "a layer that its config does not list",
      {
        config: (config) => ({
          ...config,
          rootfs: { type: "layers", diff_ids: [`sha256:${"0".repeat(64)}`] },
        }),
      },
      [
        /^linux\/amd64: layer: unpacked it is sha256:\w+, and the config says sha256:0+$/,
        /^linux\/arm64: layer: /,
      ],
    ],
    [
      "a config with two layers",
      {
        config: only(AMD64, (config: Json) => ({
          ...config,
          rootfs: { type: "layers", diff_ids: Array(2).fill(`sha256:${"0".repeat(64)}`) },
        })),
      },
      ["linux/amd64: layer: the config lists 2 layers"],
    ],
    [
      "another name of the file",
      {
        tar: (bytes) =>
          Buffer.concat([entry({ name: "sleep", mode: "000755 \0" }, Buffer.from(bytes)), END]),
      },
      [
        "linux/amd64: entry point: /pause is not in the layer",
        "linux/arm64: entry point: /pause is not in the layer",
      ],
    ],
    [
      "a mode with setuid",
      {
        tar: (bytes) =>
          Buffer.concat([entry({ name: "pause", mode: "004755 \0" }, Buffer.from(bytes)), END]),
      },
      ["linux/amd64: entry point: /pause has mode 4755 and not 755", /^linux\/arm64: entry point/],
    ],
    [
      "another entry point",
      { config: withConfig({ Entrypoint: ["/pause", "-v"] }) },
      [
        'linux/amd64: entry point: it is ["/pause","-v"] and not ["/pause"]',
        /^linux\/arm64: entry point/,
      ],
    ],
    [
      "no entry point",
      { config: withConfig({ Entrypoint: undefined }) },
      ['linux/amd64: entry point: it is [] and not ["/pause"]', /^linux\/arm64: entry point/],
    ],
    [
      "no user",
      { config: withConfig({ User: undefined }) },
      ['linux/amd64: user: "" is not numeric, or is root', /^linux\/arm64: user/],
    ],
    [
      "root by name",
      { config: withConfig({ User: "root" }) },
      ['linux/amd64: user: "root" is not numeric, or is root', /^linux\/arm64: user/],
    ],
    [
      "root by number",
      { config: withConfig({ User: "0:65535" }) },
      ['linux/amd64: user: "0:65535" is not numeric, or is root', /^linux\/arm64: user/],
    ],
    [
      "another user",
      { config: withConfig({ User: "65534" }) },
      ["linux/amd64: user: it is 65534 and not 65535:65535", /^linux\/arm64: user/],
    ],
    [
      "a label that was not promised",
      { config: withConfig({ Labels: { a: "b" } }) },
      ['linux/amd64: labels: they are {"a":"b"}', /^linux\/arm64: labels/],
    ],
    [
      "a date in the config alone",
      { config: (config) => ({ created: "2024-01-01T00:00:00Z", ...config }) },
      [
        "linux/amd64: dates: /pause is from 0, and the config from 1704067200",
        /^linux\/arm64: dates/,
      ],
    ],
    [
      "a date that is none",
      { config: only(AMD64, (config: Json) => ({ created: "yesterday", ...config })) },
      ["linux/amd64: dates: /pause is from 0, and the config from NaN"],
    ],
    [
      "a manifest of another type inside than outside",
      {
        manifest: only(AMD64, (manifest: Json) => ({
          ...manifest,
          mediaType: MediaType.dockerManifest,
        })),
      },
      [
        /^linux\/amd64: manifest: Cannot read .*"mediaType" says/,
        ...Array(7).fill(/^linux\/amd64: /),
      ],
    ],
    [
      "an artifact's config",
      {
        manifest: only(AMD64, (manifest: Json) => ({
          ...manifest,
          config: { ...(manifest.config as Json), mediaType: MediaType.ociEmpty },
        })),
      },
      [/^linux\/amd64: manifest: the config has media type/, ...Array(7).fill(/^linux\/amd64: /)],
    ],
    [
      "keys that readers disagree on",
      { config: only(AMD64, (config: Json) => ({ ...config, Architecture: "arm64" })) },
      [
        /^linux\/amd64: config: .*misspelt/,
        /^linux\/amd64: layer: the config could not be read/,
        ...Array(5).fill(/\(not tried\) the config could not be read$/),
      ],
    ],
  ])("names %s", async (_, changes, expected) => {
    expect(await problems(changes)).toEqual(
      expected.map((text) => (typeof text === "string" ? text : expect.stringMatching(text))),
    );
  });
});

/** What is said of both platforms when their layers cannot be read. */
function expectLayerUnreadable(why: string): RegExp[] {
  return [AMD64, ARM64].flatMap((platform) => [
    new RegExp(`^${platform}: layer: .*${why}`),
    ...["entry point", "dates", "binary"].map(
      (check) => new RegExp(`^${platform}: ${check}: \\(not tried\\) the layer could not be read$`),
    ),
  ]);
}
