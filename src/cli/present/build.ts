/**
 * What a build shows: progress while it runs, a table when it is done.
 *
 * @module
 */
import pc from "picocolors";
import { quoteCommand } from "../../build/argv.ts";
import type { BuildEvent } from "../../build/events.ts";
import { formatPlatform } from "../../oci/platform.ts";
import type { VerifiedBuild } from "../../release/build-image.ts";
import { commandName } from "./command-name.ts";
import { jsonLine } from "./json.ts";
import { shortPath } from "./short-path.ts";
import { type Column, formatBytes, formatDigest, formatTable } from "./table.ts";

/** Shows a build. */
export interface BuildPresenter {
  onEvent(event: BuildEvent): void;
  done(result: VerifiedBuild): void;
  /** Takes the progress line away; safe to call at any time. */
  close(): void;
}

/** Chooses how to show: NDJSON, one digest, a live line on a terminal, or plain lines. */
export function presentBuild(flags: {
  readonly json?: boolean;
  readonly quiet?: boolean;
}): BuildPresenter {
  if (flags.json) return jsonPresenter();
  if (flags.quiet) return quietPresenter();
  return textPresenter(process.stderr.isTTY === true);
}

function jsonPresenter(): BuildPresenter {
  return {
    onEvent: (event) => jsonLine(buildFields(event)),
    done({ folder, tag, lock, checks, record }) {
      jsonLine({ type: "result", folder, tag, lock, checks, ...record });
    },
    close() {},
  };
}

/** An event of a build, with its platform as people and references write it. */
export function buildFields(event: BuildEvent): Readonly<Record<string, unknown>> {
  const line = { ...event };
  return "platform" in line ? { ...line, platform: formatPlatform(line.platform) } : line;
}

function quietPresenter(): BuildPresenter {
  return {
    onEvent: warn,
    done: ({ index }) => void process.stdout.write(`${index.digest}\n`),
    close() {},
  };
}

function textPresenter(live: boolean): BuildPresenter {
  let compiled = 0;
  let shown = false;
  const clear = (): void => {
    if (shown) process.stderr.write("\r\u001b[K");
    shown = false;
  };
  return {
    onEvent(event) {
      if (event.type === "warning") {
        clear();
        warn(event);
      } else if (event.type === "compile") {
        if (event.state === "done") compiled++;
        const name = formatPlatform(event.platform);
        if (live) {
          process.stderr.write(`\r\u001b[Kcompiling ${pc.dim(`${compiled} done`)} ${name}`);
          shown = true;
        } else if (event.state === "done" && !event.cached) {
          process.stderr.write(`compiled ${name}, ${event.bytes} bytes\n`);
        }
      }
    },
    done(result) {
      clear();
      process.stdout.write(`${summary(result).join("\n")}\n`);
    },
    close: clear,
  };
}

function warn(event: BuildEvent): void {
  if (event.type !== "warning") return;
  const hint = event.hint === undefined ? "" : `\n  ${event.hint}`;
  process.stderr.write(`hiatus: ${event.message}${hint}\n`);
}

const COLUMNS: readonly Column[] = [
  { title: "platform" },
  { title: "binary", align: "right" },
  { title: "layer", align: "right" },
  { title: "config", align: "right" },
  { title: "manifest" },
];

/** The table and what to do next, line by line. */
export function summary(result: VerifiedBuild): readonly string[] {
  const { record, checks } = result;
  const wide = !process.stdout.isTTY || process.stdout.columns >= 112;
  const rows = record.platforms.map(({ platform, binary, layer, config, manifest }) => [
    platform,
    formatBytes(binary.size),
    formatBytes(layer.size),
    formatBytes(config.size),
    formatDigest(manifest.digest, wide),
  ]);
  const table = formatTable(COLUMNS, rows, (cell, column, row) =>
    row < 0 ? pc.dim(cell) : column === 0 ? pc.cyan(cell) : cell,
  );
  const folder = shortPath(result.folder);
  const layout = quoteCommand([`oci:${folder}/oci:${result.tag}`]);
  const archive = quoteCommand([`${folder}/${record.archive.path}`]);
  const compiler = `${record.toolchain.name} ${record.toolchain.versions.join(", ")}`;
  return [
    "",
    `${pc.bold(`${record.name} ${record.stamp}`)}  ${pc.dim(`${compiler} · ${record.format} · inline ${record.inline} · sizes in bytes`)}`,
    "",
    ...table.map((line) => `  ${line}`),
    "",
    `  ${pc.dim("index")}    ${pc.bold(formatDigest(record.index.digest, true))}`,
    `  ${pc.dim("total")}    ${total(record)}`,
    `  ${pc.dim("verified")} ${pc.green(`${checks} checks`)} of the layout as read back from the disk`,
    `  ${pc.dim("lock")}     ${lockLine(result)}`,
    "",
    `  ${pc.dim("next")}     ${commandName()} inspect ${layout}`,
    `           docker load --input ${archive}`,
    `           skopeo copy --all ${layout} docker://REGISTRY/${record.name}:${result.tag}`,
    "",
  ];
}

function total(record: VerifiedBuild["record"]): string {
  const { platforms, archive, index } = record;
  const blobs = platforms.flatMap(({ layer, config, manifest }) => [layer, config, manifest]);
  const sum = [index, ...blobs].reduce((bytes, { size }) => bytes + size, 0);
  const count = `${platforms.length} ${platforms.length === 1 ? "platform" : "platforms"}`;
  return `${count}, ${formatBytes(sum)} bytes to push; ${record.archive.path} ${formatBytes(archive.size)} bytes`;
}

function lockLine({ lock, lockDifferences }: VerifiedBuild): string {
  if (lock === "absent") return "none; --update-lock writes one";
  if (lock === "written") return "digests.json is written anew; commit it";
  if (lock === "matches") return `${pc.green("matches")} digests.json`;
  const what = lockDifferences.map((difference) => difference.what);
  const more = what.length > 3 ? ` and ${what.length - 3} more` : "";
  return `${pc.yellow("differs")} in ${what.slice(0, 3).join(", ")}${more}; --locked shows how`;
}
