/**
 * Making and recognising the folder of an image layout.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * @module
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { HiatusError } from "../errors.ts";
import { asFields, malformed } from "../oci/fields.ts";
import { encodeJson, parseJson } from "../oci/json.ts";
import { errnoOf, ioError } from "./io-error.ts";
import { EMPTY_INDEX, encodeLayoutIndex } from "./layout-index.ts";
import { readFile } from "./read-file.ts";
import { type WriteOptions, writeSmallFileAside } from "./write-file.ts";

const VERSION = "1.0.0";

/** The bytes of the file `oci-layout`. */
export function layoutMarker(): Uint8Array {
  return encodeJson({ imageLayoutVersion: VERSION });
}

/**
 * Checks the bytes of a file `oci-layout`.
 *
 * @throws HiatusError `CONTENT` when it is of another version or not one at all.
 */
export function checkMarker(bytes: Uint8Array, where: string): void {
  const fields = asFields(parseJson(bytes, where), where, ["imageLayoutVersion"]);
  if (fields.imageLayoutVersion !== VERSION) {
    throw malformed(where, `"imageLayoutVersion" is not "${VERSION}"`);
  }
}

/**
 * Checks that a folder is an image layout and that none of its own folders is a link.
 *
 * @throws HiatusError `NOT_FOUND` when the folder is not there, `CONTENT` when it is no layout.
 */
export function checkLayout(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false }) === undefined) {
    throw new HiatusError("NOT_FOUND", `There is no folder "${dir}"`, {
      detail: { path: dir },
      hint: "Check the path, or build the image first",
    });
  }
  const marker = readFile(join(dir, "oci-layout"), 4096);
  if (marker === undefined) {
    throw new HiatusError(
      "CONTENT",
      `"${dir}" is not an image layout: it has no file "oci-layout"`,
      {
        detail: { path: dir },
        hint: 'Name the folder that holds "oci-layout", "index.json" and "blobs"',
      },
    );
  }
  checkMarker(marker, `"${join(dir, "oci-layout")}"`);
  for (const folder of ["blobs", "blobs/sha256", "blobs/sha512"]) refuseLink(join(dir, folder));
}

/**
 * Makes an empty layout of a folder that is empty or not there. A layout that is there stays.
 *
 * @throws HiatusError `IO` when the folder holds something else or cannot be written.
 */
export function makeLayout(dir: string, options: WriteOptions): void {
  makeFolder(dir);
  if (readFile(join(dir, "oci-layout"), 4096) !== undefined) {
    checkLayout(dir);
    return;
  }
  const strange = readdirSync(dir)[0];
  if (strange !== undefined) {
    throw new HiatusError("IO", `Cannot make a layout in "${dir}": it holds "${strange}"`, {
      detail: { path: dir },
      hint: "Empty the folder or choose another one",
    });
  }
  makeFolder(join(dir, "blobs"));
  makeFolder(join(dir, "blobs", "sha256"));
  writeSmallFileAside(dir, join(dir, "index.json"), encodeLayoutIndex(EMPTY_INDEX), options);
  // Last, because it is what makes a folder a layout.
  writeSmallFileAside(dir, join(dir, "oci-layout"), layoutMarker(), options);
}

/** Makes a folder with mode 0755 whatever the umask says; one that is there stays as it is. */
export function makeFolder(path: string): void {
  try {
    if (makeAll(path)) chmodSync(path, 0o755);
  } catch (error) {
    throw ioError(error, "make", path);
  }
}

/**
 * Makes a folder and those above it. Node's own way never ends where a folder cannot be made although the one above is there, as
 * below /proc.
 *
 * @returns whether it was not there before.
 */
function makeAll(path: string): boolean {
  try {
    return makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if (errnoOf(error) !== "ENOENT" || above === path) throw error;
    makeAll(above);
    return makeOne(path);
  }
}

function makeOne(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    // A link to a folder is one as well, as it is to Node.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
    throw error;
  }
}

function refuseLink(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isDirectory()) return;
  throw new HiatusError("CONTENT", `"${path}" is not a folder`, {
    detail: { path },
    hint: "Replace the link by the folder itself; links inside a layout are not followed",
  });
}
