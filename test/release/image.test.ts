import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { INLINE_MODES } from "../../src/build/definition.ts";
import { planCopy } from "../../src/graph/plan.ts";
import type { ImageFormat } from "../../src/oci/media-type.ts";
import { buildImage } from "../../src/release/build-image.ts";
import { imageFor } from "../../src/release/image.ts";
import { openLayout } from "../../src/store/layout.ts";
import { createMemory } from "../../src/store/memory.ts";
import { pushAll, sample } from "../contract/sample.ts";
import { scratch } from "../folder.ts";

/** Docker's format has no embedded content. */
const FORMS = [
  ...INLINE_MODES.map((inline) => ({ format: "oci", inline }) as const),
  { format: "docker", inline: "none" } as const,
];

async function built(format: ImageFormat, inline: (typeof INLINE_MODES)[number]) {
  const out = join(scratch(), "out");
  const { index } = await buildImage("pause", {
    format,
    inline,
    out,
    platforms: ["amd64", "arm64"],
  });
  return { index, layout: await openLayout(join(out, "pause", "oci")) };
}

describe("imageFor", () => {
  test("makes of any form the very bytes that a build in the other form makes", async () => {
    const images = await Promise.all(
      FORMS.map(async (form) => ({ ...form, ...(await built(form.format, form.inline)) })),
    );
    // Docker's format has lost what OCI's would need: there is no way back.
    for (const from of images.filter(({ format }) => format === "oci")) {
      const image = { name: "pause", version: "1.0", source: from.layout, root: from.index };
      const { variants } = await imageFor(image, images);
      expect(variants.map(({ root }) => root.digest)).toEqual(
        images.map(({ index }) => index.digest),
      );
      // Everything that they name can be had.
      for (const { source, root } of variants) await planCopy(source, undefined, [root]);
    }
  });

  test("takes attachments along for the image as it is, and none for what is made of it", async () => {
    const content = sample();
    const source = createMemory();
    await pushAll(source, [...content.all, ...content.signatureBlobs, content.signature]);
    const image = { name: "pause", version: "1.0", source, root: content.index.descriptor };
    const { variants } = await imageFor(image, [
      { format: "oci", inline: "none" },
      { format: "oci", inline: "all" },
      { format: "oci", inline: "none" },
    ]);
    expect(variants.map(({ attachments }) => attachments.length)).toEqual([1, 0]);
    expect(variants[0]?.root).toEqual(content.index.descriptor);
  });
});
