/**
 * Forty archives that each do something wrong, and would otherwise be an image layout: from the rows of CVEs about tar, and from what two
 * readers understand differently.
 */
import { archive, entry, header, pax } from "../store/hostile-tar.ts";

const marker = entry({ name: "oci-layout" }, '{"imageLayoutVersion":"1.0.0"}');
const index = entry({ name: "index.json" }, '{"schemaVersion":2,"manifests":[]}');
const blob = `blobs/sha256/${"a".repeat(64)}`;
/** A layout with something between its files. */
const around = (...parts: readonly Uint8Array[]) => archive(marker, ...parts, index);
const named = (name: string | Uint8Array, type = "0") =>
  around(entry({ name, type }, type === "0" ? "x" : ""));
const link = (type: string, linkname: string, name = blob) =>
  around(entry({ name, type, linkname }));
const sized = (size: string | Uint8Array) =>
  around(header({ name: blob, size }), new Uint8Array(512));

/** By what is wrong with them. */
export const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  "a name that climbs": named("../../etc/cron.d/x"),
  "a name that climbs inside": named("blobs/../../x"),
  "a name that ends climbing": named("blobs/sha256/.."),
  "an absolute name": named("/etc/passwd"),
  "a name with a drive": named("blobs\\..\\x"),
  "a name with a line end": named("blobs/a\nb"),
  "a name with an escape sequence": named("blobs/\u001b[2Jx"),
  "a name that is not UTF-8": named(Uint8Array.of(0x62, 0xff, 0xfe)),
  "an empty name": named(""),
  "a name with empty parts": named("blobs//sha256/x"),
  "a name that is a dot": named("."),
  "a prefix that climbs": around(entry({ name: "x", prefix: "../.." }, "x")),
  "a symbolic link": link("2", "/etc/passwd"),
  "a symbolic link for a folder": link("2", "/tmp", "blobs"),
  "a hard link": link("1", "oci-layout"),
  "a file with a link in its header": around(entry({ name: blob, linkname: "oci-layout" }, "x")),
  "a character device": named("dev", "3"),
  "a block device": named("dev", "4"),
  "a FIFO": named("pipe", "6"),
  "a contiguous file": named(blob, "7"),
  "a sparse file of GNU": named(blob, "S"),
  "a volume label": named("label", "V"),
  "a dump of a folder": named("blobs", "D"),
  "a type that there is not": named(blob, "Z"),
  "a long name of GNU": around(
    entry({ name: "././@LongLink", type: "L" }, "../../x\0"),
    entry({ name: "y" }, "x"),
  ),
  "a long link of GNU": around(
    entry({ name: "././@LongLink", type: "K" }, "/etc\0"),
    entry({ name: "y" }, "x"),
  ),
  "a PAX path": around(pax({ path: "../../x" }), entry({ name: "y" }, "x")),
  "a PAX link": around(pax({ linkpath: "/etc" }), entry({ name: "y" }, "x")),
  "a PAX size": around(pax({ size: "99999999999" }), entry({ name: "y" }, "x")),
  "a global PAX header": around(pax({ path: "x" }, "g"), entry({ name: "y" }, "x")),
  "a sparse map in PAX": around(pax({ "GNU.sparse.map": "0,1" }), entry({ name: "y" }, "x")),
  "the same file twice": around(entry({ name: blob }, "x"), entry({ name: blob }, "y")),
  "its index twice": archive(marker, index, entry({ name: "./index.json" }, "{}")),
  "a file below a file": around(entry({ name: "blobs" }, "x"), entry({ name: blob }, "y")),
  "a folder with a content": around(entry({ name: "blobs/", type: "5" }, "hidden")),
  "a size that is none": sized("zzzzzzzzzzz "),
  "a size below zero": sized(Uint8Array.from([0xff, ...Array.from({ length: 11 }, () => 0xff)])),
  "a size of exabytes": sized(
    Uint8Array.from([0x80, 0, 0, 0, 0x7f, ...Array.from({ length: 7 }, () => 0xff)]),
  ),
  "a wrong checksum": around(entry({ name: blob, checksum: "000000\0 " }, "x")),
  "something behind its end": Buffer.concat([
    archive(marker, index),
    entry({ name: blob }, "x"),
    new Uint8Array(1024),
  ]),
  "something between its files": archive(marker, new Uint8Array(512), index),
  "no end": Buffer.concat([marker, index]),
  "a file that is cut short": Buffer.concat([
    marker,
    index,
    header({ name: blob, size: 4096 }),
    new Uint8Array(100),
  ]),
  "no layout": archive(entry({ name: "manifest.json" }, "[]")),
};
