import { describe, expect, test } from "vitest";
import { parseImageConfig } from "../../src/oci/config.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { failureOf } from "../failure.ts";
import { bytesOf } from "./documents.ts";

const config = {
  created: "2026-01-02T03:04:05Z",
  architecture: "arm",
  variant: "v7",
  os: "linux",
  config: { User: "65535:65535", Entrypoint: ["/pause"], Labels: { a: "b" } },
  rootfs: { type: "layers", diff_ids: [digestOf(new Uint8Array())] },
};

describe("parseImageConfig", () => {
  test("reads every field it knows and leaves out the others", () => {
    const more = { ...config, history: [{}], config: { ...config.config, Cmd: ["x"], Env: null } };
    expect(parseImageConfig(bytesOf(more))).toEqual(config);
  });

  test("reads a config with nothing in it, as Go writes it", () => {
    const bare = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: null } };
    const expected = { ...bare, config: {}, rootfs: { type: "layers", diff_ids: [] } };
    expect(parseImageConfig(bytesOf(bare))).toEqual(expected);
    const nulls = { User: "", Entrypoint: null, Labels: null };
    expect(parseImageConfig(bytesOf({ ...bare, config: nulls })).config).toEqual({ User: "" });
  });

  test.each([
    ["no architecture", { architecture: undefined }],
    ["an OS that is a number", { os: 1 }],
    ["an OS in capitals beside it", { OS: "windows" }],
    ["a variant that is null", { variant: null }],
    ["an entry point that is text", { config: { Entrypoint: "/pause" } }],
    ["a label that is a number", { config: { Labels: { a: 1 } } }],
    ["a user in small letters beside it", { config: { User: "0", user: "1" } }],
    ["a config that is a list", { config: [] }],
    ["no root file system", { rootfs: undefined }],
    ["another kind of root file system", { rootfs: { type: "other", diff_ids: [] } }],
    ["a layer that is no digest", { rootfs: { type: "layers", diff_ids: ["sha256:0"] } }],
    ["a layer that is null", { rootfs: { type: "layers", diff_ids: [null] } }],
    [
      "too many layers",
      { rootfs: { type: "layers", diff_ids: new Array(1001).fill(digestOf(new Uint8Array())) } },
    ],
  ])("refuses %s", async (_, fields) => {
    expect(
      await failureOf(() => parseImageConfig(bytesOf({ ...config, ...fields }))),
    ).toMatchObject({ code: "CONTENT" });
  });

  test("refuses a config of more than 8 MiB", async () => {
    const bytes = new TextEncoder().encode(JSON.stringify(config).padEnd(8 * 1024 * 1024 + 1));
    expect(await failureOf(() => parseImageConfig(bytes))).toMatchObject({ code: "CONTENT" });
  });
});
