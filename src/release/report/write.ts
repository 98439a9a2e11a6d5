/**
 * Writing a report: a page for people, a document for programs, a summary for a pipeline's job page.
 *
 * @module
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HiatusError, isAbort } from "../../errors.ts";
import { packageRoot } from "../../package-root.ts";
import { ioError } from "../../store/io-error.ts";
import type { StoreOptions } from "../../store/source.ts";
import { writeFileAside } from "../../store/write-file.ts";
import type { MirrorCheck } from "../check.ts";
import type { Mirror, ReleaseImage, ReleaseResult } from "../model.ts";
import type { RollbackResult } from "../rollback.ts";
import { bareFacts, variantFacts } from "./facts.ts";
import { formatHtml } from "./html.ts";
import { formatJson } from "./json.ts";
import { formatMarkdown } from "./markdown.ts";
import type { ReleaseReport } from "./model.ts";
import {
  type CheckContext,
  type LaterContext,
  type ReportContext,
  reportOf,
  reportOfCheck,
  reportOfRollback,
} from "./report-of.ts";

/** Where the parts of a report were written. */
export interface ReportPaths {
  /** `index.html` */
  readonly html: string;
  /** `report.json` */
  readonly json: string;
  /** `summary.md` */
  readonly markdown: string;
}

/**
 * Writes a report into a folder, which is made: each file aside and then renamed, mode 0644. The same report gives the same
 * bytes.
 *
 * @throws HiatusError `IO` when the folder cannot be written.
 */
export async function writeReport(folder: string, report: ReleaseReport): Promise<ReportPaths> {
  const paths = {
    html: join(folder, "index.html"),
    json: join(folder, "report.json"),
    markdown: join(folder, "summary.md"),
  };
  const texts = [
    [paths.json, formatJson(report)],
    [paths.markdown, formatMarkdown(report)],
    [paths.html, formatHtml(report)],
  ] as const;
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw ioError(error, "make", folder);
  }
  for (const [path, text] of texts) {
    await writeFileAside(folder, path, new TextEncoder().encode(text));
  }
  return paths;
}

/** How the report of a release is written. */
export interface WriteReleaseOptions
  extends Omit<ReportContext, "hiatus" | "variants">,
    StoreOptions {
  /** @default the version in package.json */
  readonly hiatus?: string | undefined;
}

/**
 * Makes and writes the report of a release.
 *
 * @returns the path of the page.
 * @throws HiatusError `IO` when the folder cannot be written; `NOT_FOUND` or `CONTENT` when the image cannot be read.
 */
export async function writeReleaseReport(
  folder: string,
  result: ReleaseResult,
  image: ReleaseImage,
  options: WriteReleaseOptions = {},
): Promise<string> {
  const { signal, hiatus = packageVersion(), ...context } = options;
  const variants = await Promise.all(
    image.variants.map((variant) => variantFacts(variant, { signal })),
  );
  const report = reportOf(result, { ...context, hiatus, variants });
  return (await writeReport(folder, report)).html;
}

/** How the report of a roll-back or a check is written: with what happened. */
export type WriteLaterOptions = Omit<LaterContext, "hiatus" | "variants"> &
  Pick<WriteReleaseOptions, "hiatus" | "signal">;

/**
 * Makes and writes the report of a roll-back, as `reportOfRollback` does.
 *
 * @returns the path of the page.
 * @throws HiatusError `IO` when the folder cannot be written.
 */
export async function writeRollbackReport(
  folder: string,
  result: RollbackResult,
  mirrors: readonly Mirror[],
  journal: string,
  options: WriteLaterOptions,
): Promise<string> {
  const { hiatus = packageVersion(), ...context } = options;
  const report = reportOfRollback(result, mirrors, journal, { ...context, hiatus });
  return (await writeReport(folder, report)).html;
}

/**
 * Makes and writes the report of a check. Where nobody has the image as a whole any more, it tells of no platforms.
 *
 * @returns the path of the page.
 * @throws HiatusError `IO` when the folder cannot be written; the reason of the signal.
 */
export async function writeCheckReport(
  folder: string,
  image: ReleaseImage,
  checks: readonly MirrorCheck[],
  options: WriteLaterOptions & Pick<CheckContext, "deep">,
): Promise<string> {
  const { signal, hiatus = packageVersion(), ...context } = options;
  const variants = await Promise.all(
    image.variants.map(async (variant) => {
      try {
        return await variantFacts(variant, { signal });
      } catch (error) {
        if (isAbort(error) || !(error instanceof HiatusError)) throw error;
        return bareFacts(variant);
      }
    }),
  );
  const report = reportOfCheck(image, checks, { ...context, hiatus, variants });
  return (await writeReport(folder, report)).html;
}

function packageVersion(): string {
  const text = readFileSync(join(packageRoot(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
