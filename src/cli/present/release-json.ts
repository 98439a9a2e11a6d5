/**
 * A release, a check or a repair for programs: events as NDJSON.
 *
 * @module
 */
import type { MirrorCheck } from "../../release/check.ts";
import type { MirrorOutcome } from "../../release/model.ts";
import { buildFields } from "./build.ts";
import { jsonLine } from "./json.ts";
import { jsonNotices } from "./notices.ts";
import type { ReleasePresenter } from "./release.ts";

/** Prints an event for whatever happens; the last one is the result. */
export function jsonRelease(): ReleasePresenter {
  const notices = jsonNotices();
  return {
    onBuild: (event) => jsonLine(buildFields(event)),
    onConnection(mirror, event) {
      if (event.type !== "request") notices.tellConnection(event, { mirror });
    },
    onPlan(states) {
      for (const { mirror, variant, profile, objections, present, tags } of states) {
        jsonLine({
          type: "plan",
          mirror: mirror.name,
          repository: `${mirror.registry}/${mirror.repository}`,
          required: mirror.required,
          digest: variant.root.digest,
          profile,
          objections: objections ?? { image: [], attachments: [] },
          present,
          tags: tags.map(({ tag, before, action }) => ({
            tag,
            before: before?.digest ?? null,
            action,
          })),
        });
      }
    },
    onEvent: (event) => jsonLine({ ...event }),
    done(result) {
      jsonLine({ type: "result", ...result, mirrors: result.mirrors.map(outcomeFields) });
    },
    rolledBack: (result) => jsonLine({ type: "result", ...result }),
    checked(checks, last) {
      for (const { mirror, ...check } of checks) {
        const repository = `${mirror.registry}/${mirror.repository}`;
        jsonLine({ type: "check", mirror: mirror.name, repository, ...check });
      }
      const count = (status: MirrorCheck["status"]) =>
        checks.filter((check) => check.status === status).length;
      const counts = { same: count("same"), drifted: count("drifted"), failed: count("failed") };
      if (last) jsonLine({ type: "result", ...counts });
    },
    pause() {},
    close() {},
  };
}

function outcomeFields({ mirror, ...outcome }: MirrorOutcome) {
  const { name, registry, repository, required } = mirror;
  return { mirror: name, repository: `${registry}/${repository}`, required, ...outcome };
}
