import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isHiatusError } from "../../src/errors.ts";
import { parseImageConfig } from "../../src/oci/config.ts";
import { isDigest } from "../../src/oci/digest.ts";
import { childrenOf, isIndex, parseDocument, sniffMediaType } from "../../src/oci/document.ts";
import { encodeJson, parseJson } from "../../src/oci/json.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { formatReference, parseReference } from "../../src/oci/reference.ts";
import { formatTarget, parseTarget } from "../../src/oci/target.ts";
import { layoutIndex, parseLayoutIndex } from "../../src/store/layout-index.ts";
import { sample } from "../contract/sample.ts";
import { acceptedBy, fuzz, near, TIMEOUT } from "./fuzz.ts";

const { manifests, index, blobs, signature } = sample();
const words = [
  "null",
  "-0",
  "1e400",
  "9007199254740993",
  '"\\u0064igest"',
  '"digest":',
  '"manifests":[],',
  '"config":{},',
  '"__proto__":{},',
  '"mediaType":"application/vnd.oci.image.index.v1+json",',
  "\ufeff",
  "\ud83d",
  "[[[[[[[[",
  "{},",
].map((word) => new TextEncoder().encode(word));
const documents = near(
  [...manifests, index, signature].map(({ bytes }) => bytes),
  words,
);
const types = fc.constantFrom(
  MediaType.ociManifest,
  MediaType.ociIndex,
  MediaType.dockerManifest,
  MediaType.dockerIndex,
);

describe("the JSON readers", () => {
  test(
    "read a document in one way, or refuse",
    () =>
      fuzz(
        fc.asyncProperty(documents, types, async (bytes, mediaType) => {
          const document = await acceptedBy(() => parseDocument(bytes, mediaType));
          if (document === undefined) return;
          expect(document.mediaType).toBe(mediaType);
          expect(parseDocument(encodeJson(document), mediaType)).toEqual(document);
          expect(isIndex(document)).toBe(!("config" in document));
          for (const { digest, size } of childrenOf(document)) {
            expect(isDigest(digest)).toBe(true);
            expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
          }
        }),
        2000,
      ),
    TIMEOUT,
  );

  test(
    "sniff a type only of what is read as that type",
    () =>
      fuzz(
        fc.property(documents, (bytes) => {
          const type = sniffMediaType(bytes);
          if (type !== undefined) expect(parseDocument(bytes, type).mediaType).toBe(type);
        }),
        1000,
      ),
    TIMEOUT,
  );

  test(
    "read what JSON.parse reads and no key twice",
    () =>
      fuzz(
        fc.asyncProperty(documents, async (bytes) => {
          const value = await acceptedBy(() => parseJson(bytes, "it"));
          if (value === undefined) return;
          const text = new TextDecoder().decode(bytes);
          expect(value).toEqual(JSON.parse(text));
          // A reader that takes the first of two keys sees the same.
          expect(JSON.stringify(firstWins(text))).toBe(JSON.stringify(value));
        }),
        2000,
      ),
    TIMEOUT,
  );

  test(
    "read configs and the index of a layout in one way, or refuse",
    () =>
      fuzz(
        fc.asyncProperty(
          near(
            blobs
              .filter(({ descriptor }) => descriptor.mediaType === MediaType.ociConfig)
              .map(({ bytes }) => bytes),
            words,
          ),
          near([layoutIndex([{ descriptor: index.descriptor, tag: "1" }])], words),
          async (configBytes, indexBytes) => {
            const config = await acceptedBy(() => parseImageConfig(configBytes));
            if (config !== undefined) {
              expect(parseImageConfig(encodeJson(config))).toEqual(config);
              expect(config.rootfs.diff_ids.every(isDigest)).toBe(true);
            }
            const layout = await acceptedBy(() => parseLayoutIndex(indexBytes));
            for (const { descriptor } of layout?.entries ?? []) {
              expect(isDigest(descriptor.digest)).toBe(true);
            }
          },
        ),
        1500,
      ),
    TIMEOUT,
  );

  test(
    "read references and targets that are written the same again, or refuse",
    () => {
      const texts = near(
        ["host:5000/a/b:1.2@sha256:", "oci:a/b:1", "oci-archive:a.tar:t@sha512:"].map((head) =>
          new TextEncoder().encode(`${head}${"a".repeat(64)}`),
        ),
        ["..", "//", ":", "@", "\0", "%2e", "::1"].map((word) => new TextEncoder().encode(word)),
      ).map((bytes) => new TextDecoder().decode(bytes));
      return fuzz(
        fc.property(texts, (text) => {
          for (const [parse, format] of [
            [parseReference, formatReference],
            [parseTarget, formatTarget],
          ] as readonly unknown[] as readonly [
            (text: string) => object,
            (value: object) => string,
          ][]) {
            try {
              const value = parse(text);
              expect(parse(format(value))).toEqual(value);
            } catch (error) {
              if (!isHiatusError(error, "INVALID", "USAGE")) throw error;
            }
          }
        }),
        2000,
      );
    },
    TIMEOUT,
  );
});

/** JSON for a reader to whom the first of two equal keys counts. Only for text that is JSON. */
function firstWins(text: string): unknown {
  let at = 0;
  const blank = () => {
    while (/\s/.test(text[at] ?? "x")) at++;
  };
  const string = (): string => {
    const end = /"(?:[^"\\]|\\.)*"/sy;
    end.lastIndex = at;
    const [found = ""] = end.exec(text) ?? [];
    at += found.length;
    return JSON.parse(found) as string;
  };
  const list = (close: string, item: () => void) => {
    at++;
    blank();
    while (text[at] !== close) {
      item();
      blank();
      if (text[at] === ",") at++;
      blank();
    }
    at++;
  };
  const value = (): unknown => {
    blank();
    if (text[at] === '"') return string();
    if (text[at] === "[") {
      const items: unknown[] = [];
      list("]", () => items.push(value()));
      return items;
    }
    if (text[at] === "{") {
      const map = new Map<string, unknown>();
      list("}", () => {
        const key = string();
        blank();
        at++;
        const found = value();
        if (!map.has(key)) map.set(key, found);
      });
      return Object.fromEntries(map);
    }
    const word = /[^\s,\]}]+/y;
    word.lastIndex = at;
    const [found = ""] = word.exec(text) ?? [];
    at += found.length;
    return JSON.parse(found);
  };
  return value();
}
