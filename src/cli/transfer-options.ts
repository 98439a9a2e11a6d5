/**
 * Options that push and pull have in common.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { collectNames, countUpTo } from "./options.ts";

/** Adds them. */
export function addTransferOptions(command: Command): Command {
  return command
    .option(
      "--tag <tag>",
      "a tag at the destination besides its own; may be repeated",
      collectNames,
    )
    .option("--platform <list>", "platforms, with commas or repeated (default: all)", collectNames)
    .addOption(
      new Option("--format <format>", "media types (default: as they are)").choices([
        "oci",
        "docker",
      ]),
    )
    .option("--no-referrers", "leave signatures and other attachments behind")
    .option("--concurrency <n>", "requests to a host at a time (default: 32)", countUpTo(256))
    .addOption(new Option("--json", "print events as NDJSON").conflicts("quiet"))
    .option("-q, --quiet", "print the digest only");
}
