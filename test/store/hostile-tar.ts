/** Tar archives byte by byte, so that they can be wrong in every way. */

/** The fields of a header that matter to readers; anything may be said in them. */
export interface RawHeader {
  readonly name?: string | Uint8Array;
  readonly size?: number | string | Uint8Array;
  readonly mode?: string;
  readonly type?: string;
  readonly linkname?: string;
  readonly magic?: string;
  readonly prefix?: string;
  readonly checksum?: string;
}

/** A header block. */
export function header(fields: RawHeader = {}): Uint8Array {
  const block = Buffer.alloc(512);
  const put = (value: string | Uint8Array, offset: number) => {
    block.set(typeof value === "string" ? Buffer.from(value) : value, offset);
  };
  const { size = 0 } = fields;
  put(fields.name ?? "file", 0);
  put(fields.mode ?? "000644 \0", 100);
  put("000000 \0", 108);
  put("000000 \0", 116);
  put(typeof size === "number" ? `${size.toString(8).padStart(11, "0")} ` : size, 124);
  put("00000000000 ", 136);
  put(fields.type ?? "0", 156);
  put(fields.linkname ?? "", 157);
  put(fields.magic ?? "ustar\x0000", 257);
  put(fields.prefix ?? "", 345);
  put("        ", 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(fields.checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** An entry: header, content, padding. */
export function entry(fields: RawHeader, content: string | Uint8Array = ""): Uint8Array {
  const bytes = Buffer.from(content as string);
  const padding = Buffer.alloc((512 - (bytes.byteLength % 512)) % 512);
  return Buffer.concat([header({ size: bytes.byteLength, ...fields }), bytes, padding]);
}

/** One record of a PAX header. */
export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** A PAX header (`x`, or `g` for a global one) with these records. */
export function pax(records: Readonly<Record<string, string>>, type = "x"): Uint8Array {
  const body = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return entry({ name: "PaxHeader", type }, body.join(""));
}

/** The two empty blocks at the end of an archive. */
export const END = new Uint8Array(1024);

/** An archive of some entries, ended as it should be. */
export function archive(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([...parts, END]);
}
