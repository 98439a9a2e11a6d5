/**
 * The `hiatus` command. Nothing is imported but what the command that runs needs.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { ExitCode, exitCodeOf } from "../errors.ts";
import { interruptible } from "./interrupt.ts";
import { printError } from "./present/error.ts";
import { jsonLine } from "./present/json.ts";
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

/** Adds one command, or several that belong together, to the program. */
type Add = (program: Command, signal: AbortSignal) => void;

/** The commands in the order of `--help`. What `scripts/compile.mjs` leaves out of a bundle it finds by these imports. */
const COMMANDS: readonly (readonly [names: readonly string[], load: () => Promise<Add>])[] = [
  [["build"], async () => (await import("./build.ts")).addBuild],
  [["inspect"], async () => (await import("./inspect.ts")).addInspect],
  [["push"], async () => (await import("./push.ts")).addPush],
  [["pull"], async () => (await import("./pull.ts")).addPull],
  [["tags"], async () => (await import("./tags.ts")).addTags],
  [["bundle"], async () => (await import("./bundle.ts")).addBundle],
  [["seed"], async () => (await import("./seed.ts")).addSeed],
  [["serve"], async () => (await import("./serve.ts")).addServe],
  [["verify"], async () => (await import("./verify.ts")).addVerify],
  [["release"], async () => (await import("./release.ts")).addRelease],
  [["check", "repair"], async () => (await import("./check.ts")).addCheck],
  [["load"], async () => (await import("./load.ts")).addLoad],
  [["node-config"], async () => (await import("./node-config.ts")).addNodeConfig],
  [["doctor"], async () => (await import("./doctor.ts")).addDoctor],
];

/** The program with the command that was named, or with all where that is an option, nothing, or none of ours. */
async function createProgram(name: string | undefined, signal: AbortSignal): Promise<Command> {
  const program = new Command("hiatus")
    .description("Build Kubernetes pause images from source for every CPU, the same everywhere")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for usage)")
    // `hiatus --version` is ours, `hiatus build --version 3.10.2` is the image's.
    .enablePositionalOptions()
    .addHelpText("after", EXIT_CODES)
    .exitOverride();
  const named = COMMANDS.filter(([names]) => name !== undefined && names.includes(name));
  if (named.length === 0) {
    program.version(packageVersion(), "-V, --version", "print the version of hiatus");
  }
  for (const [, load] of named.length === 0 ? COMMANDS : named) (await load())(program, signal);
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
  "node-config": "A file is as it was or written whole",
  doctor: "Nothing was changed",
  load: "What the runtime took stays; it is looked at again by the next run",
  repair: "Every tag names the old or the new whole image, and the journal knows how to go on",
};

/** Runs the command. Returns the exit code; an interrupted run ends by its signal instead. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const stays = STAYS[argv[0] ?? ""];
    await interruptible(
      async (signal) => (await createProgram(argv[0], signal)).parseAsync(argv, { from: "user" }),
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

// No await at the top: the compiled command is CommonJS, which starts sooner.
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code === ExitCode.done && unwritten ? ExitCode.failed : code;
});
