/**
 * A push or a pull for programs: events as NDJSON.
 *
 * @module
 */
import { isHiatusError } from "../../errors.ts";
import type { PreparedImage } from "../../release/prepare.ts";
import type { TagMove } from "../../release/send.ts";
import { jsonLine } from "./json.ts";
import { jsonNotices } from "./notices.ts";
import type { Outcome, TransferPresenter } from "./transfer.ts";
import { tellChanges, tellUnlisted } from "./transfer-notices.ts";

/** Prints an event for whatever happens; the last one is the sum. */
export function jsonTransfer(): TransferPresenter {
  const notices = jsonNotices();
  const requests = new Map<string, number>();
  let image: PreparedImage | undefined;
  let source = "";
  let asked = 0;
  return {
    onUnlisted: (error) => tellUnlisted(notices, error),
    onConnection(event) {
      if (event.type === "request") asked++;
      else notices.tellConnection(event, { source });
    },
    begin(from, prepared, destinations) {
      tellChanges(notices, prepared);
      source = from;
      image = prepared;
      const { root, changes, attachments } = prepared;
      const { digest, size, mediaType } = root;
      const attached = attachments.map((one) => ({ digest: one.descriptor.digest, tag: one.tag }));
      const known = { source, digest, size, mediaType, changes, attached, destinations };
      jsonLine({ type: "image", ...known });
    },
    connectionOf: (destination) => (event) => {
      if (event.type === "request") {
        requests.set(destination, (requests.get(destination) ?? 0) + 1);
      } else notices.tellConnection(event, { destination });
    },
    progressOf: (destination) => (event) => {
      if (event.type === "found")
        jsonLine({ type: "found", destination, tags: tagFields(event.moves) });
      else if (event.type === "plan") jsonLine({ type: "plan", destination, ...event.plan.total });
      else if (event.type === "tagged") {
        jsonLine({ type: "tagged", destination, tag: event.tag, digest: event.descriptor.digest });
      } else {
        const { digest, size } = event.descriptor;
        jsonLine({ type: event.type, destination, digest, size, bytes: event.bytes });
      }
    },
    ended(outcome) {
      const { name: destination, sent, planned, error } = outcome;
      const { digest } = image?.root ?? {};
      if (planned !== undefined) {
        const { moves, plan } = planned;
        jsonLine({ type: "planned", destination, digest, tags: tagFields(moves), ...plan.total });
      }
      if (sent !== undefined) {
        const { status, moves, blobs, manifests, bytes } = sent;
        const tags = tagFields(moves);
        const counts = { blobs, manifests, bytes, requests: requests.get(destination) ?? 0 };
        jsonLine({ type: "done", destination, status, digest, tags, ...counts });
      }
      if (error !== undefined) jsonLine({ type: "failed", destination, ...errorFields(error) });
      return outcome;
    },
    done(outcomes) {
      const count = (is: (outcome: Outcome) => boolean) => outcomes.filter(is).length;
      jsonLine({
        type: "result",
        source,
        digest: image?.root.digest,
        sourceRequests: asked,
        sent: count(({ sent, error }) => sent?.status === "sent" && error === undefined),
        present: count(({ sent, error }) => sent?.status === "present" && error === undefined),
        planned: count(({ planned }) => planned !== undefined),
        failed: count(({ error }) => error !== undefined),
      });
    },
    close() {},
  };
}

/** A tag that was not there has named null. */
function tagFields(moves: readonly TagMove[]) {
  return moves.map(({ tag, before = null, after }) => ({ tag, before, after }));
}

function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (!isHiatusError(error)) return { code: "INTERNAL", message: String(error) };
  const { code, message, hint, detail } = error;
  return { code, message, hint, detail };
}
