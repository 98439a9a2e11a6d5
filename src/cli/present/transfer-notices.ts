/**
 * What is said aloud about a push or a pull, in text and in events.
 *
 * @module
 */
import type { HiatusError } from "../../errors.ts";
import type { PreparedImage } from "../../release/prepare.ts";
import type { Notices } from "./notices.ts";

/** Something may have been left behind. */
export function tellUnlisted(notices: Notices, error: HiatusError): void {
  notices.tell(
    `Signatures that have only a tag were not looked for: ${error.message}`,
    "Leave signatures behind with --no-referrers, or log in as somebody who may list tags",
  );
}

/** Changed bytes are said aloud: whoever knows the old digest will not find the new one under it. */
export function tellChanges(notices: Notices, { changes }: PreparedImage): void {
  for (const { reason, before, after, dropped } of changes) {
    const how = reason === "platforms" ? "Leaving platforms out" : "Another format";
    const less = dropped > 0 ? `; ${dropped} attestations of the old one are left out` : "";
    notices.tell(
      `${how} makes another image: ${before} becomes ${after}${less}`,
      "Signatures of the old digest do not cover the new one; sign it again where they are wanted",
    );
  }
}
