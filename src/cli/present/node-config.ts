/**
 * A node's configuration as a person reads it: each file between rules, so that it can be copied as it is.
 *
 * @module
 */
import pc from "picocolors";
import type { NodeConfig, NodeFile } from "../../runtime/node-config.ts";
import { pasteable } from "./command-name.ts";
import { printable } from "./printable.ts";

/** The lines. Files that were written are named, others are shown. */
export function formatNodeConfig(
  { files, edits, restart, look, warnings }: NodeConfig,
  written: readonly string[],
): readonly string[] {
  const shown = written.length === 0 ? files.flatMap((file) => show("write", file)) : [];
  return [
    ...written.map((path) => `${pc.green("wrote")} ${printable(path)}`),
    ...shown,
    ...edits.flatMap((file) => show("add to", file)),
    ...titled("then run", restart),
    ...titled(
      "and look",
      look.map(({ command, shows }) => `${command}   ${pc.dim(`# ${shows}`)}`),
    ),
    ...warnings.map((warning) => `${pc.yellow("note")} ${pasteable(warning)}`),
  ];
}

function show(verb: string, { path, content, about }: NodeFile): readonly string[] {
  return [
    `${pc.bold(`${verb} ${path}`)}`,
    pc.dim(about),
    "",
    // Lines of the node's own file may be among them.
    ...content
      .trimEnd()
      .split("\n")
      .map((line) => `    ${printable(line)}`),
    "",
  ];
}

function titled(title: string, commands: readonly string[]): readonly string[] {
  return commands.length === 0
    ? []
    : [pc.bold(title), ...commands.map((line) => `    ${line}`), ""];
}
