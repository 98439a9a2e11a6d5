/**
 * `hiatus serve`: a registry, with nothing else installed.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { HiatusError } from "../errors.ts";
import type { ServeFlags as PresenterFlags } from "./present/serve.ts";
import { openServed, type ServedFlags, summaryOf } from "./served.ts";
import { packageVersion } from "./version.ts";

const EXAMPLES = `
Sources are served as they are, read-only, and each is one repository. It is called as the image is
(io.containerd.image.name in index.json), else as its folder or file is: dist/pause/oci is "pause".
A writable folder holds any number: FOLDER/repositories/library+pause is the layout of library/pause.

Examples:
  $ hiatus serve oci:dist/pause/oci                              pull 127.0.0.1:5000/pause:3.10.2
  $ hiatus serve pause-3.10.2.tar.gz --any-name                  a mirror for whatever nodes ask for
  $ hiatus serve --writable /srv/registry                        push and pull
  $ hiatus serve --writable /srv/registry --listen :5000 \\
      --tls-cert server.pem --tls-key server.key --htpasswd users   for others as well

A person finds a page at /, Prometheus counts at /metrics. SIGINT or SIGTERM stops it: answers under way
may take ten seconds more, and uploads can be gone on with after the next start.
With --anonymous-pull, clients that log in only when /v2/ asks them to (docker, crane) cannot push.
`;

/** Flags as commander gives them. */
interface ServeFlags extends PresenterFlags, ServedFlags {
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly htpasswd?: string;
  readonly anonymousPull?: boolean;
}

/** Adds the command to the program. */
export function addServe(program: Command, signal: AbortSignal): void {
  program
    .command("serve")
    .summary("serve images as a registry")
    .description("Serve layouts and archives as a registry, or a folder that can be pushed to.")
    .argument("[sources...]", "oci:FOLDER, oci-archive:FILE or a bundle")
    .option("--listen <address>", "HOST:PORT; port 0 takes a free one", "127.0.0.1:5000")
    .addOption(
      new Option("--writable <folder>", "a registry on disk, made when it is not there").conflicts([
        "name",
        "anyName",
      ]),
    )
    .option("--name <repository>", "call the source so")
    .option("--any-name", "answer to every name, for nodes that know the image by another one")
    .option("--tls-cert <file>", "certificate (PEM), with those between it and the root")
    .option("--tls-key <file>", "key of that certificate (PEM)")
    .option("--htpasswd <file>", "ask for a name and a password (bcrypt: htpasswd -B)")
    .option("--anonymous-pull", "ask for them when something is pushed or deleted only")
    .option("--no-fsync", "do not wait for the disk: a power cut may take what was just pushed")
    .option("--json", "print events and requests as NDJSON")
    .option("-q, --quiet", "print no requests")
    .addHelpText("after", EXAMPLES)
    .action((sources: readonly string[], flags: ServeFlags) => run(sources, flags, signal));
}

async function run(
  sources: readonly string[],
  flags: ServeFlags,
  signal: AbortSignal,
): Promise<void> {
  check(sources, flags);
  const [{ createHandler }, { listen, readTlsFiles }, { parseAddress }, { presentServe }] =
    await Promise.all([
      import("../serve/handler.ts"),
      import("../serve/listen.ts"),
      import("../serve/address.ts"),
      import("./present/serve.ts"),
    ]);
  const [{ createMetrics, METRICS_TYPE }, { createPage }] = await Promise.all([
    import("../serve/metrics.ts"),
    import("../serve/page/page.ts"),
  ]);
  const { host, port } = parseAddress(flags.listen);
  const presenter = presentServe(flags);
  const { tlsCert, tlsKey } = flags;
  const tls =
    tlsCert === undefined || tlsKey === undefined ? undefined : readTlsFiles(tlsCert, tlsKey);
  const authenticate = await passwordsOf(flags, presenter.onError);
  const { repositories, close } = await openServed(sources, flags, signal);
  try {
    const version = packageVersion();
    const metrics = createMetrics({ version });
    const writable = flags.writable !== undefined;
    const login = authenticate !== undefined && flags.anonymousPull !== true;
    const handler = createHandler(repositories, {
      authenticate,
      anonymousPull: flags.anonymousPull,
      page: createPage(repositories, { version, writable, login }),
      metrics: () => new Response(metrics.expose(), { headers: { "content-type": METRICS_TYPE } }),
      onBegin: () => metrics.begin(),
      onRequest(record) {
        metrics.end(record);
        presenter.onRequest?.(record);
      },
      onError: presenter.onError,
    });
    const listening = await listen(handler, { host, port, tls });
    presenter.listening({
      url: listening.url,
      host,
      writable: flags.writable,
      passwords: authenticate !== undefined,
      repositories: await summaryOf(repositories),
    });
    await aborted(signal);
    await listening.stop();
    presenter.stopped();
  } finally {
    close();
  }
}

/** What commander cannot say. */
function check(sources: readonly string[], flags: ServeFlags): void {
  const usage = (message: string, hint: string) => new HiatusError("USAGE", message, { hint });
  if (flags.writable !== undefined && sources.length > 0) {
    throw usage(
      "Sources cannot be served beside a writable folder",
      "Start the folder without them, and push them to it with `hiatus push`",
    );
  }
  if (flags.writable === undefined && sources.length === 0) {
    throw usage(
      "There is nothing to serve",
      "Name a source (oci:FOLDER, or a bundle), or a folder with --writable",
    );
  }
  if (sources.length > 1 && (flags.name !== undefined || flags.anyName === true)) {
    throw usage("Names are for one source", "Leave out --name and --any-name, or serve one source");
  }
  if ((flags.tlsCert === undefined) !== (flags.tlsKey === undefined)) {
    throw usage("A certificate needs its key", "Give both --tls-cert and --tls-key, or neither");
  }
  if (flags.anonymousPull === true && flags.htpasswd === undefined) {
    throw usage("Everybody may pull and push already", "Give --htpasswd, or no --anonymous-pull");
  }
}

async function passwordsOf({ htpasswd: file }: ServeFlags, onError: (error: unknown) => void) {
  if (file === undefined) return undefined;
  const { htpasswd } = await import("../serve/htpasswd.ts");
  return htpasswd(file, onError);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
