/** Images that hold a packed kernel. */
import { expect, test } from "vitest";
import { readZboot } from "./zboot.ts";

function image(magic: string, compression: string): Uint8Array {
  const bytes = Buffer.alloc(512);
  bytes.write(magic, 0, "latin1");
  bytes.writeUInt32LE(256, 8);
  bytes.writeUInt32LE(100, 12);
  bytes.write(compression, 24, "latin1");
  return bytes;
}

test("readZboot finds the packed kernel", () => {
  const expected = { offset: 256, size: 100, compression: "zstd" };
  expect(readZboot(image("MZ\0\0zimg", "zstd"))).toEqual(expected);
});

test.each([
  ["an EFI program of another kind", image("MZ\0\0PE\0\0", "zstd")],
  ["an image that is too short", image("MZ\0\0zimg", "zstd").subarray(0, 40)],
  ["nothing", new Uint8Array()],
])("readZboot leaves %s alone", (_, bytes) => {
  expect(readZboot(bytes)).toBeUndefined();
});
