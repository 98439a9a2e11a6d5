/**
 * What the parts about registries do with their tables: show them, and write them down unless it was a quick look.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { replaceSection } from "../markdown.ts";

/** Writes generated sections by their names, and the plot, into the folder of documents. */
export async function writePage(
  { root, quick, say }: Context,
  sections: Readonly<Record<string, string>>,
  picture: { readonly file: string; readonly svg: string },
): Promise<void> {
  const document = join(root, "docs", "benchmarks.md");
  for (const [name, body] of Object.entries(sections)) {
    say(`\n${body}\n`);
    if (!quick) await replaceSection(document, name, body);
  }
  if (quick) say("A quick look: nothing was written.");
  else await writeFile(join(root, "docs", picture.file), picture.svg);
}
