/**
 * Writes the archive that a kernel unpacks into its first root: cpio in the "new ASCII" format.
 *
 * @see https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
 * @module
 */

/** One entry of an archive. Folders come before what is in them, because the kernel makes none by itself. */
export type CpioEntry =
  | { readonly path: string; readonly kind: "folder" }
  | { readonly path: string; readonly kind: "program"; readonly content: Uint8Array }
  | {
      readonly path: string;
      readonly kind: "characterDevice";
      readonly major: number;
      readonly minor: number;
    };

const MODES = { folder: 0o40755, program: 0o100755, characterDevice: 0o20600 } as const;
const TRAILER = "TRAILER!!!";

/** The archive, the same for the same entries: owned by root, made at the epoch, numbered in order. */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts = entries.map((entry, position) => {
    const content = entry.kind === "program" ? entry.content : new Uint8Array();
    const [major, minor] = entry.kind === "characterDevice" ? [entry.major, entry.minor] : [0, 0];
    const links = entry.kind === "folder" ? 2 : 1;
    return member(entry.path, content, {
      inode: position + 1,
      mode: MODES[entry.kind],
      links,
      major,
      minor,
    });
  });
  const trailer = member(TRAILER, new Uint8Array(), {
    inode: 0,
    mode: 0,
    links: 1,
    major: 0,
    minor: 0,
  });
  return Buffer.concat([...parts, trailer]);
}

interface Header {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly major: number;
  readonly minor: number;
}

/** Header and name fill up to four bytes together, and so does the content. */
function member(path: string, content: Uint8Array, header: Header): Uint8Array {
  const name = Buffer.from(`${path}\0`);
  const fields = [
    header.inode,
    header.mode,
    0, // uid
    0, // gid
    header.links,
    0, // mtime
    content.length,
    0, // major and minor of the device that it lies on
    0,
    header.major,
    header.minor,
    name.length,
    0, // checksum, which this format does not have
  ];
  const text = fields.map((field) => field.toString(16).toUpperCase().padStart(8, "0"));
  const head = Buffer.from(`070701${text.join("")}`);
  return Buffer.concat([padded(Buffer.concat([head, name])), padded(content)]);
}

function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, new Uint8Array(-bytes.length & 3)]);
}
