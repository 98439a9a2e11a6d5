/**
 * What a push or a pull shows: what is on its way while it runs, then what became of each destination.
 *
 * @module
 */
import type { HiatusError } from "../../errors.ts";
import type { PreparedImage } from "../../release/prepare.ts";
import type { SendEvent, SendPlan, Sent } from "../../release/send.ts";
import type { ClientEvent } from "../../remote/events.ts";
import { jsonTransfer } from "./transfer-json.ts";
import { textTransfer } from "./transfer-text.ts";

/** What became of one destination. */
export interface Outcome {
  /** Target and tags. */
  readonly name: string;
  readonly sent?: Sent | undefined;
  readonly planned?: SendPlan | undefined;
  /** Why it failed, or why what is attached did not arrive. */
  readonly error?: unknown;
}

/** Shows a push or a pull. */
export interface TransferPresenter {
  /** Everything is known that will be sent. */
  begin(from: string, image: PreparedImage, destinations: readonly string[]): void;
  readonly onUnlisted: (error: HiatusError) => void;
  /** For the connection to the source. */
  readonly onConnection: (event: ClientEvent) => void;
  connectionOf(destination: string): (event: ClientEvent) => void;
  progressOf(destination: string): (event: SendEvent) => void;
  ended(outcome: Outcome): Outcome;
  done(outcomes: readonly Outcome[]): void;
  /** Takes rows away; safe to call at any time. */
  close(): void;
}

/** How to show it. */
export interface TransferShow {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
}

/** Chooses how to show it: NDJSON, one digest, live rows on a terminal, or plain lines. */
export function presentTransfer(verb: "push" | "pull", show: TransferShow): TransferPresenter {
  return show.json ? jsonTransfer() : textTransfer(verb, show);
}
