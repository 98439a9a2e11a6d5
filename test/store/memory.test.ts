import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/store/memory.ts";
import { blob } from "../contract/sample.ts";
import { storeContract } from "../contract/store.ts";
import { bytesOf, failureOf } from "../failure.ts";

describe("createMemory", () => {
  storeContract(async () => createMemory());

  test("content that its owner changed after pushing is refused when it is read", async () => {
    const memory = createMemory();
    const { descriptor, bytes } = blob("mine");
    await memory.push(descriptor, bytes);
    bytes[0] = 0;
    expect(await failureOf(bytesOf(memory.fetch(descriptor)))).toMatchObject({ code: "CONTENT" });
  });
});
