/**
 * What is known of each platform at a mirror. Children go by digest, so a mirror whose index was read back holds all of them.
 *
 * @module
 */
import type { Finding, MirrorCheck } from "../check.ts";
import type { MirrorFailure, MirrorOutcome } from "../model.ts";
import type { PlatformState, ReportMirror, ReportVariant } from "./model.ts";

/**
 * What a mirror holds after a release.
 *
 * @param present what the preflight found; undefined when nobody knows.
 */
export function holdingOf(outcome: MirrorOutcome, present: boolean | undefined): PlatformState {
  const { failures, timings, result } = outcome;
  const wrong = failures.filter(({ attachmentsOnly }) => attachmentsOnly !== true);
  if (wrong.some(({ phase }) => phase === "stage" || phase === "read-back")) return "unproven";
  if (timings["read-back"] !== undefined) return "proven";
  if (result === "unchanged" || present) return "present";
  return present === false ? "pending" : "unknown";
}

/** The same for each platform; where a failure names the manifest of one, only that one and what came after it is in doubt. */
export function platformsOf(
  variant: ReportVariant | undefined,
  state: PlatformState,
  failures: readonly MirrorFailure[],
): ReportMirror["platforms"] {
  const messages = failures.map(({ message }) => message);
  return (variant?.platforms ?? []).map(({ platform, manifest }) => {
    const isNamed = messages.some((message) => message.includes(manifest.digest));
    return { platform, state: isNamed ? "unproven" : state };
  });
}

/** What a check found of each platform. */
export function platformsFound(
  variant: ReportVariant | undefined,
  status: MirrorCheck["status"],
  findings: readonly Finding[],
  deep: boolean,
): ReportMirror["platforms"] {
  const noIndex = findings.some(({ what }) => what === "index");
  return (variant?.platforms ?? []).map(({ platform }) => {
    // Below an index that is not there, nothing could be compared.
    if (status === "failed" || noIndex) return { platform, state: "unknown" };
    const drifted = findings.some(({ what }) => {
      const part = what.startsWith(`${platform} `) ? what.slice(platform.length + 1) : "";
      return /^(manifest|config|layer)\b/.test(part);
    });
    return { platform, state: drifted ? "drifted" : deep ? "proven" : "present" };
  });
}
