/**
 * The bundles that tests carry over the gap: each form, of all platforms and of some, made by the command.
 *
 * @module
 */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { openLayout } from "../../src/store/layout.ts";
import { pushAll, referrer } from "../contract/sample.ts";
import type { Fixture, FixturePart } from "../interop/fixtures.ts";
import { hiatusCommand } from "../interop/registries/hiatus.ts";
import { run } from "../runtime/command.ts";

/** The forms by how their files are called. */
export const FORMS = [".tar", ".tar.gz", ".tar.zst", ".run"] as const;

/** One of them. */
export type Form = (typeof FORMS)[number];

/** What travels: all platforms, some, one; all under every name that nodes ask for; all with what is attached to them. */
export const CHOICES = ["all", "two", "one", "names", "signed"] as const;

/** One of them. */
export type Choice = (typeof CHOICES)[number];

/** A bundle, and what it must be for whoever reads it. */
export interface Bundle {
  readonly file: string;
  readonly form: Form;
  readonly choice: Choice;
  /** As the matrix calls it. */
  readonly row: string;
  /** By which the image is known afterwards: the version's first, with all others, in order. */
  readonly name: string;
  readonly names: readonly string[];
  /** Digests of what is attached to it. */
  readonly attached: readonly string[];
  readonly tag: string;
  /** What the tag is on. */
  readonly root: string;
  /** Of linux/amd64. */
  readonly config: string;
  /** What the program prints when it is asked for its version. */
  readonly version: string;
}

const FLAGS: Readonly<Record<Choice, readonly string[]>> = {
  all: [],
  two: ["--platform", "linux/amd64,linux/arm64"],
  one: ["--platform", "linux/amd64"],
  names: ["--tag", "{version},{node-defaults}"],
  signed: [],
};

const WORDS: Readonly<Record<Choice, string>> = {
  all: "all platforms",
  two: "linux/amd64 and linux/arm64",
  one: "linux/amd64",
  names: "many names",
  signed: "signed",
};

/** The name that bundles of tests carry: the one that nodes ask for when nobody configured another. */
export const NAME = "registry.k8s.io/pause";

/** Makes all of them. @param folder - It exists. */
export async function makeBundles(
  folder: string,
  { layout, tag, root, amd64 }: Fixture,
): Promise<readonly Bundle[]> {
  const signed = join(folder, "signed");
  await cp(layout, signed, { recursive: true });
  await sign(signed, root);
  const made: Bundle[] = [];
  for (const choice of CHOICES) {
    const from = `oci:${choice === "signed" ? signed : layout}:${tag}`;
    const command = [...hiatusCommand(), "bundle", from, "--name", NAME, ...FLAGS[choice]];
    let index: IndexFile | undefined;
    // How it is packed makes no difference to what a part is.
    for (const form of choice === "two" ? FORMS.slice(0, 1) : FORMS) {
      const file = join(folder, `pause-${choice}${form}`);
      await run([...command, "--quiet", "--out", file]);
      // The first is a plain one, and the others hold the same.
      index ??= JSON.parse(await run(["tar", "-xOf", file, "index.json"])) as IndexFile;
      const names = index.manifests.flatMap(({ annotations }) => annotations?.[FULL_NAME] ?? []);
      const attached = index.manifests.flatMap(({ digest, annotations }) =>
        annotations?.[FULL_NAME] === undefined ? [digest] : [],
      );
      const [first] = index.manifests;
      if (first === undefined) throw new Error(`"${file}" is empty`);
      made.push({
        ...{ file, form, choice, tag, names, attached, row: `${form}, ${WORDS[choice]}` },
        ...{ name: `${NAME}:${tag}`, root: first.digest },
        ...{ config: amd64.config, version: `pause.c ${tag}\n` },
      });
    }
  }
  return made;
}

const FULL_NAME = "io.containerd.image.name";

interface IndexFile {
  readonly manifests: readonly {
    readonly digest: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
}

/** Attaches a manifest to an image of a layout, as signatures are: it names its subject. */
async function sign(layout: string, { digest, mediaType, size }: FixturePart): Promise<void> {
  const subject = { descriptor: { digest, mediaType, size }, bytes: new Uint8Array() };
  const { blobs, manifest } = referrer(subject, "signature");
  await pushAll(await openLayout(layout), [...blobs, manifest]);
}

/** Runs a bundle that is a script, as a person does. @throws Error with what it said when it does not succeed. */
export function runScript(
  { file }: Bundle,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return run(["sh", file, ...args], { env });
}
