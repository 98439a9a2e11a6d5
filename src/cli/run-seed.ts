/**
 * A bundle from its file into registries: a release whose image comes out of a file.
 *
 * @module
 */
import { join } from "node:path";
import { quoteCommand } from "../build/argv.ts";
import { checkBundle } from "../bundle/check.ts";
import { HiatusError } from "../errors.ts";
import { withBase } from "../release/base.ts";
import { forgetRelease } from "../release/forget.ts";
import { formOf, imageFor } from "../release/image.ts";
import type { ReleaseImage, ReleaseResult } from "../release/model.ts";
import { openMirrors } from "../release/open-mirror.ts";
import { release } from "../release/release.ts";
import { recordEvents } from "../release/report/happened.ts";
import type { ReportCommands } from "../release/report/next-steps.ts";
import { writeReleaseReport } from "../release/report/write.ts";
import { nameOfImage, renderTags, tagsOfImage } from "./bundle-names.ts";
import { confirmation } from "./confirm.ts";
import { checkPlain, readLogin } from "./connect.ts";
import { repositoryOf } from "./destination.ts";
import { parseDestinations, registriesOf } from "./destinations.ts";
import { type OpenedSource, openSource, parseSource } from "./open.ts";
import { commandName } from "./present/command-name.ts";
import type { ReleasePresenter } from "./present/release.ts";
import { REPORT_FOLDER } from "./report-commands.ts";
import { rollBack } from "./roll-back.ts";
import type { SeedFlags } from "./seed.ts";
import { loginEnvironment, type SeededImage, seedMirrors } from "./seed-mirrors.ts";

/**
 * Seeds, or takes the last seeding back.
 *
 * @returns what became of it, failures of registries included; undefined when tags were put back.
 * @throws HiatusError what kept it from beginning; a roll-back that is not whole.
 */
export async function runSeed(
  bundle: string,
  to: readonly string[],
  flags: SeedFlags,
  presenter: ReleasePresenter,
  signal: AbortSignal,
): Promise<ReleaseResult | undefined> {
  checkPlain(flags);
  const registries = registriesOf(parseDestinations(to));
  const login = await readLogin({ flags, registries });
  const opened = await openBundle(bundle, signal);
  try {
    const seeded = await nameSeeded(bundle, opened, flags, signal);
    const mirrors = await seedMirrors(to, seeded, flags, login);
    const { onConnection } = presenter;
    const name = `${seeded.image}-${seeded.version}.seed.ndjson`;
    const journal = join(flags.state ?? join("dist", "release"), name);
    const env = loginEnvironment(process.env, login);
    if (flags.rollback) {
      const reached = await openMirrors(mirrors, {
        env,
        onEvent: onConnection,
        actions: undefined,
      });
      const commands = commandsOf(bundle, to, flags);
      const folder = flags.report ?? REPORT_FOLDER;
      await rollBack({ mirrors, opened: reached, journal, folder, commands }, presenter, signal);
      return undefined;
    }
    if (flags.forget) await forgetRelease(journal);
    const { source, root, delta } = opened;
    const { image, version } = seeded;
    const ready = await imageFor({ name: image, version, source, root }, mirrors, { signal });
    for (const variant of ready.variants) await checkBundle(variant, delta, { signal });
    const reached = await openMirrors(mirrors, { env, onEvent: onConnection });
    const recorder = recordEvents({ to: presenter });
    const result = await release(
      ready,
      delta === undefined ? reached : await withBase(ready, reached, delta, { signal }),
      {
        journal,
        dryRun: flags.dryRun,
        resume: flags.resume,
        confirm: confirmation(flags, () => presenter.pause(), signal),
        onPlan: recorder.onPlan,
        onEvent: recorder.onEvent,
        signal,
      },
    );
    const happened = { happened: recorder.happened(), plan: recorder.plan() };
    presenter.done(result, await tellMore(bundle, to, flags, ready, result, happened, signal));
    return result;
  } finally {
    await opened.close();
  }
}

async function openBundle(bundle: string, signal: AbortSignal): Promise<OpenedSource> {
  const target = parseSource(bundle);
  if (target.kind === "registry") {
    throw new HiatusError("USAGE", `"${bundle}" is no file on this machine`, {
      hint: "Name a bundle; hiatus push and hiatus release copy from registries",
    });
  }
  return await openSource(target, { signal, flags: {}, delta: true });
}

/** What the image is called, and by which tags it goes. */
async function nameSeeded(
  bundle: string,
  opened: OpenedSource,
  flags: SeedFlags,
  signal: AbortSignal,
): Promise<SeededImage> {
  const named = await nameOfImage(repositoryOf(opened) ?? "image", opened, signal);
  const own = await tagsOfImage(opened, signal);
  const tags = flags.tag === undefined ? own : await renderTags(flags.tag, named);
  const [first] = tags;
  if (first === undefined) {
    throw new HiatusError("USAGE", `"${bundle}" says no tag that could be moved`, {
      hint: "Say which with --tag",
    });
  }
  const version = named.version === "" ? first : named.version;
  const form = await formOf(opened.source, opened.root, { signal });
  return { ...named, version, tags, ...form };
}

/** Lines for people: the journal, and the report, which is written here. */
async function tellMore(
  bundle: string,
  to: readonly string[],
  flags: SeedFlags,
  image: ReleaseImage,
  result: ReleaseResult,
  context: Pick<Parameters<typeof writeReleaseReport>[3] & object, "happened" | "plan">,
  signal: AbortSignal,
): Promise<readonly [string, string][]> {
  const more: [string, string][] = [];
  if (result.journal !== undefined) more.push(["journal", result.journal]);
  if (flags.dryRun) return more;
  const commands = commandsOf(bundle, to, flags);
  const folder = flags.report ?? REPORT_FOLDER;
  const page = await writeReleaseReport(folder, result, image, { ...context, commands, signal });
  more.push(["report", page]);
  return more;
}

/** What the report gives as next steps, with what this run was told. */
function commandsOf(bundle: string, to: readonly string[], flags: SeedFlags): ReportCommands {
  const { mirrors, only, tag, state } = flags;
  const given = [
    ...["seed", bundle, ...to],
    ...(mirrors === undefined ? [] : ["--mirrors", mirrors]),
    ...(only === undefined ? [] : ["--only", only.join(",")]),
    ...(tag === undefined ? [] : ["--tag", tag.join(",")]),
    ...(state === undefined ? [] : ["--state", state]),
  ];
  const command = (...words: readonly string[]): string =>
    `${commandName()} ${quoteCommand([...given, ...words])}`;
  return {
    release: command(),
    resume: command("--resume"),
    rollback: command("--rollback"),
    check: command("--dry-run"),
    repair: command(),
  };
}
