/**
 * Tools that copy between archives, folders and registries.
 *
 * @module
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Provided, programOf } from "../../interop/peers.ts";
import { hiatus } from "../../interop/registries/hiatus.ts";
import { sha256 } from "../../interop/sha256.ts";
import { run } from "../../runtime/command.ts";
import { type Bundle, runScript } from "../bundles.ts";
import { hasSeveral, type Reader, type ReaderKind, type Refusal } from "../reader.ts";

/** Debian's skopeo, which takes an archive for a layout, compressed or not. */
export const skopeo: ReaderKind = {
  name: "skopeo copy --all",
  programs: ["skopeo"],
  refuses: () => undefined,
  start: (scratch) =>
    copyingReader(scratch, async (bundle, to) => {
      const { tag } = bundle;
      const place = await placeOf(bundle, scratch);
      const from = `${bundle.form === ".run" ? "oci" : "oci-archive"}:${place}:${tag}`;
      const flags = ["--insecure-policy", "copy", "--quiet", "--all"];
      await run(["skopeo", ...flags, from, `oci:${to}:${tag}`], { env: { TMPDIR: scratch } });
    }),
};

/** oras, which takes an archive where it takes a layout. */
export function oras(peer: Provided): ReaderKind {
  return {
    name: "oras cp",
    programs: [],
    peer,
    refuses: refusesCompressed,
    start: (scratch) =>
      copyingReader(scratch, async (bundle, to) => {
        const { tag } = bundle;
        const from = await placeOf(bundle, scratch);
        const layouts = ["--from-oci-layout", `${from}:${tag}`, "--to-oci-layout", `${to}:${tag}`];
        await run([programOf(peer), "cp", "--no-tty", ...layouts]);
      }),
  };
}

/** crane, which takes an archive for what `docker save` writes, and only one image of that. */
export function crane(peer: Provided): ReaderKind {
  return {
    name: "crane push",
    programs: [],
    peer,
    takes: ({ form }) => form !== ".run",
    refuses: (bundle) =>
      refusesCompressed(bundle) ??
      (bundle.choice === "one"
        ? undefined
        : { why: "it takes one image", says: /only a single image/ }),
    start: (scratch) => pushingReader(scratch, peer, ({ file }) => Promise.resolve(file)),
  };
}

/** crane, given the folder that tar or the script makes of a bundle: that is a layout. */
export function craneOfFolder(peer: Provided): ReaderKind {
  return {
    name: "crane push of a folder",
    programs: ["tar", "gzip", "zstd"],
    peer,
    refuses: (bundle) =>
      hasSeveral(bundle)
        ? { why: "it takes one name", says: /layout contains \d+ entries/ }
        : undefined,
    start: (scratch) =>
      pushingReader(scratch, peer, async (bundle, to) => {
        if (bundle.form === ".run") return placeOf(bundle, scratch);
        await run(["tar", "-xf", bundle.file, "-C", to]);
        return to;
      }),
  };
}

function refusesCompressed({ form }: Bundle): Refusal | undefined {
  return form === ".tar" || form === ".run"
    ? undefined
    : { why: "unpack it first", says: /invalid tar header|not a tar|unexpected EOF/i };
}

/** The file of an archive, or the layout that a script writes. @param scratch - Where to; what was there is removed. */
async function placeOf(bundle: Bundle, scratch: string): Promise<string> {
  if (bundle.form !== ".run") return bundle.file;
  const folder = join(scratch, "extracted");
  await rm(folder, { recursive: true, force: true });
  await runScript(bundle, ["--extract", folder]);
  return folder;
}

/** One that copies a bundle into a layout. */
async function copyingReader(
  scratch: string,
  copy: (bundle: Bundle, to: string) => Promise<void>,
): Promise<Reader> {
  const to = join(scratch, "copy");
  return {
    stop: async () => undefined,
    async read(bundle) {
      try {
        await copy(bundle, to);
        const { manifests } = JSON.parse(await readFile(join(to, "index.json"), "utf8"));
        return { root: manifests[0].digest };
      } finally {
        await rm(to, { recursive: true, force: true });
      }
    },
  };
}

/** crane, which pushes what it is given to a registry. @param prepare - Gives the path of that. */
async function pushingReader(
  scratch: string,
  peer: Provided,
  prepare: (bundle: Bundle, folder: string) => Promise<string>,
): Promise<Reader> {
  const folder = join(scratch, "unpacked");
  const registry = await hiatus().start(scratch);
  return {
    stop: registry.stop,
    async read(bundle) {
      const to = `${registry.host}/${bundle.choice}/pause:${bundle.tag}`;
      await mkdir(folder);
      try {
        await run([programOf(peer), "push", await prepare(bundle, folder), to]);
        if (bundle.choice === "one") {
          // Of what it takes for Docker's it makes a manifest of its own.
          const config = await run([programOf(peer), "config", to]);
          return { config: sha256(Buffer.from(config)) };
        }
        return { root: (await run([programOf(peer), "digest", to])).trim() };
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}
