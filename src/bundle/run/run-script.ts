/**
 * The self-extracting shell script: an archive, what is in it, and what to do with it, in one text that can be pasted into a terminal.
 *
 * The outer part (`start.sh`) is a single pair of braces, so a shell runs nothing of it before it has read all of it. Inside, the
 * body and the payload are here-documents, both compressed and in base64, data that is run or unpacked after its checksum was found
 * right. The last line is the checksum of everything before it, which the body looks at first.
 *
 * Any byte may arrive as a ">", and shells open what they redirect to before they find out that the rest makes no sense. So the first
 * thing that is done is to forbid that files are overwritten, and behind every "|" stands a parenthesis, because ">|" would. What was
 * unpacked is run only when it begins as the body does: an altered command might have packed it once more.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "fflate";
import { packageRoot } from "../../package-root.ts";
import { contentsTable, type RunContent } from "./content.ts";
import { minimise } from "./minimise.ts";

/** Files of the body in the order in which they are read. @internal */
export const BODY = [
  "common.sh",
  "contents.sh",
  "unpack.sh",
  "http.sh",
  "auth.sh",
  "push.sh",
  "platform.sh",
  "load.sh",
  "config-text.sh",
  "main.sh",
] as const;

/**
 * Writes the script. Its bytes depend on nothing but `content` and this package.
 *
 * @returns ASCII text that ends with a newline.
 * @throws HiatusError `INVALID`, see {@link contentsTable}; what reading the package's own files throws.
 */
export function runScript(content: RunContent): Uint8Array {
  const payload = base64(content.archive);
  const shell = fill(minimise(BODY.map(readShell).join("\n")), {
    CONTENTS: contentsTable(content),
    ARCHIVE: `${sha256(content.archive)} ${content.archive.byteLength}`,
  });
  const body = base64(gzipSync(Buffer.from(shell, "latin1"), { level: 9, mtime: 0 }));
  const { name, version, platforms, root } = content;
  const script = fill(readShell("start.sh"), {
    TITLE: `${name} ${version} for ${platforms.length} ${platforms.length === 1 ? "platform" : "platforms"}`,
    ROOT: root.digest,
    SUM: sha256(`${body}\n${payload}\n`),
    BODY: body,
    PAYLOAD: payload,
  });
  const text = sized(script);
  return Buffer.from(`${text}${lastLine(text)}`, "latin1");
}

function readShell(file: string): string {
  return readFileSync(join(packageRoot(), "src", "bundle", "run", file), "utf8");
}

/** Replaces `@NAME@` by its value; each stands once. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce(
    (done, [name, value]) => done.replace(`@${name}@`, () => value),
    text,
  );
}

/** In lines that every terminal takes. */
function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("base64")
    .replace(/.{76}(?=.)/g, "$&\n");
}

/** Writes how many bytes the whole script has, which depends on how many digits that number has. */
function sized(text: string): string {
  let size = 0;
  for (;;) {
    const filled = fill(text, { SIZE: String(size) });
    const whole = filled.length + lastLine(filled).length;
    if (whole === size) return filled;
    size = whole;
  }
}

function lastLine(text: string): string {
  return `# sha256 ${sha256(text)}\n`;
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
