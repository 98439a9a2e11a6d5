/**
 * What push and pull have in common: one image, any number of destinations side by side, each failing by itself.
 *
 * @module
 */
import { type ErrorCode, ExitCode, exitCodeOf, HiatusError, isHiatusError } from "../errors.ts";
import type { ImageFormat } from "../oci/media-type.ts";
import { parsePlatformName } from "../oci/platform.ts";
import { parseTag } from "../oci/tag.ts";
import { formatTarget, type RegistryTarget, type Target } from "../oci/target.ts";
import { type PreparedImage, prepareImage } from "../release/prepare.ts";
import type { Connect } from "./connect.ts";
import { openDestination } from "./destination.ts";
import { type OpenedSource, openSource } from "./open.ts";
import type { ConnectionFlags } from "./options.ts";
import { describeFailure } from "./present/failure.ts";
import { type Outcome, presentTransfer, type TransferPresenter } from "./present/transfer.ts";

/** Flags as commander gives them. */
export interface TransferFlags extends ConnectionFlags {
  readonly tag?: readonly string[];
  readonly platform?: readonly string[];
  readonly format?: ImageFormat;
  readonly referrers: boolean;
  readonly concurrency?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What goes where. */
export interface Transfer {
  readonly verb: "push" | "pull";
  readonly from: Target;
  readonly to: readonly Target[];
  /** The registries that a password on the command line may be for. */
  readonly registries: readonly string[];
}

/**
 * Carries an image to all destinations.
 *
 * @throws HiatusError what kept it from beginning; where there is one destination, why that failed; else one error that
 * names all that failed, with each remedy.
 */
export async function transfer(
  what: Transfer,
  flags: TransferFlags,
  signal: AbortSignal,
): Promise<void> {
  const { verb, from, to } = what;
  const platforms = flags.platform?.map(parsePlatformName);
  const asked = flags.tag?.map(parseTag);
  const presenter = presentTransfer(verb, flags);
  let opened: OpenedSource | undefined;
  const over = new AbortController();
  try {
    const connect = await connectFor(what, flags);
    const far = to.filter((target) => target.kind === "registry");
    await Promise.all(far.map((target) => connect.ahead(target, over.signal)));
    const { concurrency } = flags;
    const { onConnection } = presenter;
    opened = await openSource(from, {
      signal,
      flags,
      connect: (target) => connect(target, { concurrency, onEvent: onConnection }),
    });
    const image = await prepareImage(opened.source, opened.root, {
      platforms,
      format: flags.format,
      attachments: flags.referrers,
      onUnlisted: presenter.onUnlisted,
      signal,
    });
    const work = to.map((target) => planWork(target, image, opened?.tag, asked));
    presenter.begin(
      formatTarget(from),
      image,
      work.map(({ name }) => name),
    );
    const context = { image, opened, connect, flags, presenter, signal };
    const outcomes = await Promise.all(work.map((one) => carry(one, context)));
    signal.throwIfAborted();
    presenter.done(outcomes);
    const failed = outcomes.filter(({ error }) => error !== undefined);
    if (failed.length > 0) throw failureOf(verb, failed, outcomes.length);
  } finally {
    over.abort();
    presenter.close();
    await opened?.close();
  }
}

/** Nothing of the network is loaded for what stays on this machine. */
async function connectFor(
  { from, to, registries }: Transfer,
  flags: TransferFlags,
): Promise<Connect> {
  const isFar = [from, ...to].some(({ kind }) => kind === "registry");
  if (isFar || flags.username !== undefined || flags.passwordStdin) {
    return (await import("./connect.ts")).prepareConnect({ flags, registries });
  }
  const none = () => Promise.reject(new Error("There is no registry to connect to"));
  return Object.assign(none, { ahead: async () => undefined });
}

/** One destination and the tags that the image gets there. */
interface Work {
  readonly target: Target;
  readonly tags: readonly string[];
  /** For people: target and tags. */
  readonly name: string;
}

/** The destination's own tag and those of --tag; with neither, the tag that the source was named by. */
function planWork(
  target: Target,
  { root }: PreparedImage,
  sourceTag: string | undefined,
  asked: readonly string[] = [],
): Work {
  const { tag, digest, ...place } = target;
  const own = [...new Set([...(tag === undefined ? [] : [tag]), ...asked])];
  const tags = own.length === 0 && digest === undefined && sourceTag ? [sourceTag] : own;
  const bare = formatTarget(place as Target);
  const name = tags.length > 0 ? `${bare}:${tags.join(",")}` : `${bare}@${root.digest}`;
  if (digest !== undefined && digest !== root.digest) {
    throw new HiatusError("CONTENT", `"${formatTarget(target)}" cannot be ${root.digest}`, {
      detail: { expected: digest, found: root.digest },
      hint: "Leave the digest out, or name the image that has it",
    });
  }
  if (tags.length === 0 && digest === undefined) {
    throw new HiatusError("USAGE", `"${bare}" has no tag, and what goes there came without one`, {
      hint: `Write "${bare}:TAG", or "${bare}@${root.digest}" to send it without a tag`,
    });
  }
  return { target, tags, name };
}

/** What every destination shares. */
interface Context {
  readonly image: PreparedImage;
  readonly opened: OpenedSource;
  readonly connect: Connect;
  readonly flags: TransferFlags;
  readonly presenter: TransferPresenter;
  readonly signal: AbortSignal;
}

async function carry({ target, tags, name }: Work, context: Context): Promise<Outcome> {
  const { image, opened, connect, flags, presenter, signal } = context;
  try {
    const destination = await openDestination(target, {
      source: opened,
      connect: (one: RegistryTarget) => {
        const { concurrency } = flags;
        const onEvent = presenter.connectionOf(name);
        return connect(one, { write: true, concurrency, onEvent });
      },
    });
    const options = { tags, signal, concurrency: flags.concurrency };
    if (flags.dryRun) {
      return presenter.ended({ name, planned: await destination.plan(image, options) });
    }
    const onProgress = presenter.progressOf(name);
    const sent = await destination.send(image, { ...options, onProgress });
    return presenter.ended({ name, sent, error: sent.attachmentError });
  } catch (error) {
    if (signal.aborted) return { name, error };
    return presenter.ended({ name, error });
  }
}

/** One error for all that failed. */
function failureOf(verb: string, failed: readonly Outcome[], count: number): unknown {
  const [first] = failed;
  if (count === 1) return describeFailure(first?.error, first?.sent !== undefined);
  const errors = failed.map(({ error, sent }) => describeFailure(error, sent !== undefined));
  const lines = failed.flatMap(({ name }, at) => {
    const error = errors[at];
    const message = error instanceof Error ? error.message : String(error);
    const hint = isHiatusError(error) ? error.hint : undefined;
    return [`  ${name}: ${message}`, ...(hint === undefined ? [] : [`    ${hint}`])];
  });
  const codes = errors.map((error): ErrorCode => (isHiatusError(error) ? error.code : "REGISTRY"));
  // Whatever it was for each of them: the work as a whole was begun and has failed.
  const code = codes.find((one) => exitCodeOf(new HiatusError(one, "")) === ExitCode.failed);
  return new HiatusError(
    code ?? "REGISTRY",
    [`Could not ${verb} to ${failed.length} of ${count} destinations`, ...lines].join("\n"),
    {
      detail: { failed: failed.map(({ name }, at) => ({ destination: name, code: codes[at] })) },
      hint: "The others are done; run the same command again to go on",
      cause: new AggregateError(errors),
    },
  );
}
