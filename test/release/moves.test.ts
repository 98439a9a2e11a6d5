import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { describeMoves, type PlannedMove } from "../../src/release/moves.ts";

const [old, older, ours] = ["old", "older", "ours"].map((text) => digestOf(Buffer.from(text)));
const move = (reference: string, from = old): PlannedMove =>
  ({ mirror: "a", reference, from, to: ours }) as PlannedMove;

describe("describeMoves", () => {
  test("names the tags of one repository that go the same way together", () => {
    const moves = [
      move("a.example:5000/pause:3.10"),
      move("a.example:5000/pause:3.9"),
      move("a.example:5000/pause:3.8", older),
      move("b.example/pause:3.10"),
    ];
    expect(describeMoves(moves)).toEqual([
      ...["a.example:5000/pause  3.10, 3.9", `  from ${old}`, `  to   ${ours}`],
      ...["a.example:5000/pause  3.8", `  from ${older}`, `  to   ${ours}`],
      ...["b.example/pause  3.10", `  from ${old}`, `  to   ${ours}`],
    ]);
  });

  test("lists twenty places and how many more there are", () => {
    const moves = Array.from({ length: 23 }, (_, at) => move(`m${at}.example/pause:1`));
    const lines = describeMoves(moves);
    expect(lines).toHaveLength(61);
    expect(lines.at(-1)).toBe("and 3 more");
  });
});
