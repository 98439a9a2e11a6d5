/**
 * Tags that name something else now and are to be moved.
 *
 * @module
 */
import type { Digest } from "../oci/digest.ts";

/** A tag that names something else now and is to be moved. */
export interface PlannedMove {
  readonly mirror: string;
  /** With registry and repository. */
  readonly reference: string;
  readonly from: Digest;
  readonly to: Digest;
}

/** Most places that are listed; all of them stand in the plan. */
const MOST = 20;

/** What would be moved, for people: tags of one repository that go the same way together. */
export function describeMoves(moves: readonly PlannedMove[]): readonly string[] {
  const groups = new Map<string, { readonly move: PlannedMove; readonly tags: string[] }>();
  for (const move of moves) {
    const colon = move.reference.lastIndexOf(":");
    const place = move.reference.slice(0, colon);
    const key = `${place} ${move.from} ${move.to}`;
    const group = groups.get(key) ?? { move: { ...move, reference: place }, tags: [] };
    group.tags.push(move.reference.slice(colon + 1));
    groups.set(key, group);
  }
  const lines = [...groups.values()].slice(0, MOST).flatMap(({ move, tags }) => {
    const { reference, from, to } = move;
    return [`${reference}  ${tags.join(", ")}`, `  from ${from}`, `  to   ${to}`];
  });
  const more = groups.size - MOST;
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}
