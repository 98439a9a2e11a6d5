/**
 * `digests.json`: the digests that everyone must get. It lies beside the definition and is committed.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { HiatusError } from "../errors.ts";
import { type BuildRecord, BuildRecordSchema } from "./record.ts";

const shape = BuildRecordSchema.shape;
const blob = z.strictObject({ digest: shape.index.shape.digest, size: shape.index.shape.size });

/** The schema of `digests.json`. */
export const LockSchema = z.strictObject({
  $schema: z.string().optional(),
  name: shape.name,
  version: shape.version,
  stamp: shape.stamp,
  format: shape.format,
  inline: shape.inline,
  sourceDateEpoch: shape.sourceDateEpoch,
  toolchain: z.string().describe("Name and version of the compiler, for example zig 0.16.0"),
  index: shape.index,
  platforms: z.record(
    z.string(),
    z.strictObject({ binary: blob, layer: blob, config: blob, manifest: blob }),
  ),
});

/** The digests of one version. */
export type Lock = Readonly<z.output<typeof LockSchema>>;

/** One place where a build and its lock disagree. */
export interface LockDifference {
  /** For example `linux/arm64 manifest`, `index`, `toolchain`. */
  readonly what: string;
  readonly locked: string;
  readonly built: string;
}

/** The path of the lock of a definition's folder. */
export function lockPath(folder: string): string {
  return join(folder, "digests.json");
}

/** The lock that a build's record asks for. */
export function lockOf(record: BuildRecord): Lock {
  return {
    $schema: "../schemas/digests.schema.json",
    name: record.name,
    version: record.version,
    stamp: record.stamp,
    format: record.format,
    inline: record.inline,
    sourceDateEpoch: record.sourceDateEpoch,
    toolchain: `${record.toolchain.name} ${record.toolchain.versions.join(", ")}`,
    index: record.index,
    platforms: Object.fromEntries(
      record.platforms.map(({ platform, binary, layer, config, manifest }) => [
        platform,
        {
          binary: only(binary),
          layer: only(layer),
          config: only(config),
          manifest: only(manifest),
        },
      ]),
    ),
  };
}

function only({ digest, size }: z.output<typeof blob>): z.output<typeof blob> {
  return { digest, size };
}

/** The bytes of a lock, for people to read and for git to compare. */
export function formatLock(lock: Lock): string {
  return `${JSON.stringify(lock, undefined, 2)}\n`;
}

/**
 * Reads a lock.
 *
 * @returns undefined when there is none.
 * @throws HiatusError `CONFIG` when it is there and wrong.
 */
export async function readLock(path: string): Promise<Lock | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new HiatusError("CONFIG", `Cannot read "${path}"`, {
      cause,
      hint: "Check its permissions",
    });
  }
  try {
    return LockSchema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new HiatusError(
      "CONFIG",
      `The lock "${path}" is wrong\n  ${why.replaceAll("\n", "\n  ")}`,
      {
        cause,
        hint: "Restore it from version control, or write it anew with --update-lock",
      },
    );
  }
}

/** The parts of an image. Whatever one is made of stands before it. */
const PARTS = ["binary", "layer", "config", "manifest"] as const;

/**
 * Compares a build with a lock. A build of some platforms is compared in those; its index is another one
 * by nature and does not count.
 */
export function compareLock(locked: Lock, built: Lock): readonly LockDifference[] {
  const differences: LockDifference[] = [];
  const compare = (what: string, a: string | undefined, b: string | undefined): void => {
    if (a !== b) differences.push({ what, locked: a ?? "absent", built: b ?? "absent" });
  };
  for (const key of ["name", "version", "stamp", "format", "inline", "toolchain"] as const) {
    compare(key, locked[key], built[key]);
  }
  compare("SOURCE_DATE_EPOCH", dateOf(locked), dateOf(built));
  for (const [platform, parts] of Object.entries(built.platforms)) {
    const expected = locked.platforms[platform];
    for (const part of PARTS) {
      compare(`${platform} ${part}`, brief(expected?.[part]), brief(parts[part]));
    }
  }
  const whole = Object.keys(locked.platforms).every((platform) => platform in built.platforms);
  if (whole) compare("index", brief(locked.index), brief(built.index));
  return differences;
}

function dateOf({ sourceDateEpoch }: Lock): string {
  return sourceDateEpoch === null ? "not set" : `${sourceDateEpoch}`;
}

function brief(content: z.output<typeof blob> | undefined): string | undefined {
  return content && `${content.digest} (${content.size} bytes)`;
}

/** Without what only follows from other differences: those of settings, or of something that it is made of. */
function causes(differences: readonly LockDifference[]): readonly LockDifference[] {
  const isDigest = ({ locked, built }: LockDifference) => /^sha256:/m.test(`${locked}\n${built}`);
  const settings = differences.filter((difference) => !isDigest(difference));
  if (settings.length > 0) return settings;
  const all = new Set(differences.map(({ what }) => what));
  return differences.filter(({ what }) => {
    if (what === "index") return all.size === 1;
    const [platform, part] = what.split(" ");
    const names: readonly (string | undefined)[] = PARTS;
    const before = PARTS.slice(0, Math.max(names.indexOf(part), 0));
    return !before.some((earlier) => all.has(`${platform} ${earlier}`));
  });
}

/** The error that says how a build differs from its lock. Every difference is in `detail.differences`. */
export function lockError(path: string, differences: readonly LockDifference[]): HiatusError {
  const shown = causes(differences);
  const list = shown.map(
    ({ what, locked, built }) => `${what}\n    locked ${locked}\n    built  ${built}`,
  );
  const rest = differences.length - shown.length;
  if (rest > 0)
    list.push(`and ${rest === 1 ? "1 digest" : `${rest} digests`} that may follow from this`);
  return new HiatusError("DIFFERENCE", `The build differs from "${path}"\n  ${list.join("\n  ")}`, {
    detail: { path, differences },
    hint: "Find out what changed: sources, version or toolchain. If it was meant, run again with --update-lock and commit the file",
  });
}
