/**
 * Listing tags: order, pages.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 * @module
 */
import { describe, expect, it } from "vitest";
import { image } from "../documents.ts";
import type { TestRepository } from "../repository.ts";

const TAGS = ["a", "a-1", "a.1", "b", "b1", "latest", "v1", "v10", "v2"];

/** The tests. @param repositoryOf - Nobody else may push to it. */
export function tryTags(repositoryOf: () => TestRepository): void {
  const list = async (query: string) => {
    const answer = await repositoryOf().send("GET", `tags/list${query}`, {
      status: 200,
      headers: { "content-type": /^application\/json/ },
    });
    const { name, tags } = JSON.parse(answer.body.toString());
    expect(name).toBe(repositoryOf().name);
    return { tags: tags as readonly string[], link: String(answer.headers.link ?? "") };
  };
  const fill = async (names: readonly string[] = TAGS) => {
    const { mediaType, bytes } = await image({ repository: repositoryOf(), algorithm: "sha256" });
    const request = { headers: { "content-type": mediaType }, body: bytes };
    for (const tag of names) {
      await repositoryOf().send("PUT", `manifests/${tag}`, { status: 201 }, request);
    }
  };

  describe("a list of tags", () => {
    it("has them all in lexical order, in pages and after a tag", async () => {
      await fill();
      expect((await list("")).tags).toEqual(TAGS);
      expect((await list("?n=3")).tags).toEqual(TAGS.slice(0, 3));
      expect((await list("?n=0")).tags).toEqual([]);
      expect((await list(`?n=2&last=${TAGS[2]}`)).tags).toEqual(TAGS.slice(3, 5));
      for (const [position, last] of TAGS.entries()) {
        expect((await list(`?last=${last}`)).tags, last).toEqual(TAGS.slice(position + 1));
      }
    });

    it("says by Link where it goes on, until it does not", async () => {
      await fill();
      const found: string[] = [];
      let query = "?n=4";
      for (let page = 0; query !== ""; page++) {
        expect(page, "pages").toBeLessThan(4);
        const { tags, link } = await list(query);
        found.push(...tags);
        const [, next = ""] = /^<([^>]+)>;\s*rel="?next"?$/.exec(link) ?? [];
        query = next === "" ? "" : new URL(next, "http://localhost").search;
      }
      expect(found).toEqual(TAGS);
    });

    // The specification says "lexical order (i.e. case-insensitive alphanumeric order)"; its suites sort by bytes.
    it("misses no tag whose case is another, whatever the order", async () => {
      const more = ["A", "B2", "Latest", "Z"];
      await fill([...TAGS, ...more]);
      const { tags } = await list("");
      expect(tags.toSorted()).toEqual([...TAGS, ...more].toSorted());
      for (const [position, last] of tags.entries()) {
        expect((await list(`?n=1&last=${last}`)).tags, last).toEqual(
          tags.slice(position + 1, position + 2),
        );
      }
    });
  });
}
