/**
 * When things happened: the events of a release, a roll-back or a check, kept as spans of time for its report.
 *
 * @module
 */
import type { MirrorState, Phase, ReleaseEvent } from "../model.ts";
import { fromOutside } from "./from-outside.ts";
import type { ReleaseReport, Span } from "./model.ts";

/** What happened, as far as events told. Times are milliseconds after `started`. */
export interface Happened {
  /** RFC 3339, in UTC. */
  readonly started: string;
  readonly milliseconds: number;
  readonly phases: readonly Span[];
  /** By name. */
  readonly mirrors: ReadonlyMap<string, readonly Span[]>;
  readonly warnings: ReleaseReport["warnings"];
}

/** Who else is told what is recorded. */
export interface Listener {
  readonly onEvent: (event: ReleaseEvent) => void;
  readonly onPlan?: ((states: readonly MirrorState[]) => void) | undefined;
}

/** Listens to events, and passes them on. */
export interface Recorder {
  onEvent(event: ReleaseEvent): void;
  onPlan(states: readonly MirrorState[]): void;
  /** What was planned; nothing where no plan came. */
  plan(): readonly MirrorState[];
  /** What happened until now. What has begun and not ended ends now. */
  happened(): Happened;
}

/** Who is told besides, and clocks for tests. */
export interface RecorderOptions {
  /** @default nobody */
  readonly to?: Listener | undefined;
  /** The date. @default that of the machine */
  readonly started?: Date | undefined;
  /** Milliseconds, from anywhere, never backwards. @default performance.now */
  readonly clock?: (() => number) | undefined;
}

interface Open {
  readonly phase: Phase;
  readonly begin: number;
}

/** Begins to listen, and the clock with it: make it right before what it listens to. */
export function recordEvents(options: RecorderOptions = {}): Recorder {
  const { to, started = new Date(), clock = () => performance.now() } = options;
  const zero = clock();
  const now = () => Math.max(0, Math.round(clock() - zero));
  const open = new Map<string, Open>();
  const mirrors = new Map<string, Span[]>();
  const warnings: ReleaseReport["warnings"][number][] = [];
  let planned: readonly MirrorState[] = [];

  const end = (key: string, name: string): void => {
    const one = open.get(key);
    if (one === undefined) return;
    open.delete(key);
    mirrors.set(name, [...(mirrors.get(name) ?? []), { ...one, end: now() }]);
  };
  return {
    plan: () => planned,
    onPlan(states) {
      planned = states;
      to?.onPlan?.(states);
    },
    onEvent(event) {
      to?.onEvent(event);
      if (event.type === "warning") {
        const { mirror = null, message, hint } = event;
        const more = hint === undefined ? null : fromOutside(hint);
        warnings.push({ mirror, message: fromOutside(message), hint: more });
      }
      if (event.type !== "mirror" || event.state === "progress") return;
      const { mirror, phase } = event;
      const key = `${phase} ${mirror}`;
      if (event.state !== "begin") end(key, mirror);
      else if (!open.has(key)) open.set(key, { phase, begin: now() });
    },
    happened() {
      const until = now();
      const spans = new Map(mirrors);
      for (const [key, { phase, begin }] of open) {
        const name = key.slice(phase.length + 1);
        spans.set(name, [...(spans.get(name) ?? []), { phase, begin, end: until }]);
      }
      return {
        started: started.toISOString(),
        milliseconds: until,
        phases: together([...spans.values()].flat()),
        mirrors: spans,
        warnings,
      };
    },
  };
}

const ORDER: readonly Phase[] = ["preflight", "stage", "read-back", "tags", "rollback"];

/** The phases of all mirrors together: from where the first begins to where the last one ends. */
export function together(spans: readonly Span[]): readonly Span[] {
  return ORDER.flatMap((phase) => {
    const own = spans.filter((span) => span.phase === phase);
    if (own.length === 0) return [];
    const begin = Math.min(...own.map((span) => span.begin));
    return [{ phase, begin, end: Math.max(...own.map((span) => span.end)) }];
  });
}
