/**
 * Where reports lie, and the commands that they give as next steps.
 *
 * @module
 */
import { join } from "node:path";
import { quoteCommand } from "../build/argv.ts";
import type { ReportCommands } from "../release/report/next-steps.ts";
import { commandName } from "./present/command-name.ts";
import type { ImageQuery } from "./release-setup.ts";

/** Where a report is written when nobody says. */
export const REPORT_FOLDER = join("dist", "report");

/** Each with what this run was told. */
export function commandsOf(
  image: string,
  flags: ImageQuery & { readonly state?: string },
): ReportCommands {
  const { mirrors, only, from, version, state } = flags;
  const which = [
    ...(image === "pause" ? [] : [image]),
    ...(mirrors === undefined ? [] : ["--mirrors", mirrors]),
    ...(version === undefined ? [] : ["--version", version]),
  ];
  const given = [
    ...which,
    ...(only === undefined ? [] : ["--only", only.join(",")]),
    ...(from === undefined ? [] : ["--from", from]),
  ];
  const journal = state === undefined ? [] : ["--state", state];
  const command = (...words: readonly string[]): string =>
    `${commandName()} ${quoteCommand([...words])}`;
  return {
    release: command("release", ...given, ...journal),
    resume: command("release", ...given, ...journal, "--resume"),
    // The journal knows which mirrors.
    rollback: command("release", ...which, ...journal, "--rollback"),
    check: command("check", ...given),
    repair: command("repair", ...given),
  };
}
