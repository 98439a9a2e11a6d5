#!/usr/bin/env node
/**
 * The `hiatus` command. Nothing heavy is imported before it is known which command runs.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { ExitCode, exitCodeOf } from "../errors.ts";
import { addBuild } from "./build.ts";
import { addBundle } from "./bundle.ts";
import { addCheck } from "./check.ts";
import { addInspect } from "./inspect.ts";
import { interruptible } from "./interrupt.ts";
import { printError } from "./present/error.ts";
import { jsonLine } from "./present/json.ts";
import { addPull } from "./pull.ts";
import { addPush } from "./push.ts";
import { addRelease } from "./release.ts";
import { addSeed } from "./seed.ts";
import { addServe } from "./serve.ts";
import { addTags } from "./tags.ts";
import { addVerify } from "./verify.ts";
import { packageVersion } from "./version.ts";
import { onWriteError } from "./write-errors.ts";

const EXIT_CODES = `
Exit codes:
  0    done
  1    the work failed
  2    wrong usage or configuration
  3    a check found a difference
  130  interrupted

Environment:
  HIATUS_CACHE_DIR   folder of the compile cache
  HIATUS_<HOST>_USERNAME, HIATUS_<HOST>_PASSWORD
                     credentials of a registry; more in: hiatus push --help
  SOURCE_DATE_EPOCH  the only date that reaches an image; digests then differ from the lock
  NO_COLOR           no colours
`;

function createProgram(signal: AbortSignal): Command {
  const program = new Command("hiatus")
    .description("Build Kubernetes pause images from source for every CPU, the same everywhere")
    .version(packageVersion(), "-V, --version", "print the version of hiatus")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for usage)")
    // `hiatus --version` is ours, `hiatus build --version 3.10.2` is the image's.
    .enablePositionalOptions()
    .addHelpText("after", EXIT_CODES)
    .exitOverride();
  addBuild(program, signal);
  addInspect(program, signal);
  addPush(program, signal);
  addPull(program, signal);
  addTags(program, signal);
  addBundle(program, signal);
  addSeed(program, signal);
  addServe(program, signal);
  addVerify(program, signal);
  addRelease(program, signal);
  addCheck(program, signal);
  return program;
}

/** What a command leaves when it is stopped, where that is not the previous output. */
const STAYS: Readonly<Record<string, string>> = {
  push: "What was pushed stays, and no tag names a part of it",
  bundle: "The file is as it was",
  pull: "What was pulled into a layout stays, and an archive is as it was",
  inspect: "Nothing was changed",
  tags: "Nothing was changed",
  verify: "Nothing was changed",
  release: "Every tag names the old or the new whole image, and the journal knows how to go on",
  seed: "Every tag names the old or the new whole image, and the journal knows how to go on",
  check: "Nothing was changed",
  repair: "Every tag names the old or the new whole image, and the journal knows how to go on",
};

/** Runs the command. Returns the exit code; an interrupted run ends by its signal instead. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const stays = STAYS[argv[0] ?? ""];
    await interruptible(
      (signal) => createProgram(signal).parseAsync(argv, { from: "user" }),
      stays,
    );
    return ExitCode.done;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return ExitCode.done;
      // For people it has said so already.
      const message = error.message.replace(/^error: /, "");
      if (argv.includes("--json")) jsonLine({ type: "error", code: "USAGE", message });
      return ExitCode.usage;
    }
    printError(error, { json: argv.includes("--json") });
    return exitCodeOf(error);
  }
}

let unwritten = false;

/**
 * A reader that goes away (hiatus inspect … | head) is no error, and no reason to leave work half done. A result that
 * could not be written is one.
 */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE" || unwritten) return;
  unwritten = true;
  process.stderr.write(
    `hiatus: Cannot write to standard output: ${error.code ?? error.message}\n  The work went on; only what it would have said is lost\n`,
  );
  process.exitCode ||= ExitCode.failed;
}
onWriteError(process.stdout, onOutputError);
// Nobody is left to tell.
onWriteError(process.stderr, () => undefined);

const code = await main(process.argv.slice(2));
process.exitCode = code === ExitCode.done && unwritten ? ExitCode.failed : code;
