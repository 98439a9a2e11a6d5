/**
 * What the registry counts, in the text format of Prometheus. Written by hand: a client library brings a registry,
 * aggregation over processes and collectors of Node's insides, of which nothing is needed here.
 *
 * Labels have few values, whoever sends what: route templates and never names, known methods, classes of statuses.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @see https://prometheus.io/docs/practices/naming/
 * @module
 */
import type { RequestRecord } from "./record.ts";

/** The media type of {@link Metrics.expose}. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Counts of one process. */
export interface Metrics {
  /** A request came in. */
  begin(): void;
  /** A request that had begun is over. */
  end(record: RequestRecord): void;
  /** All counts as text. */
  expose(): string;
}

/** What cannot be counted. */
export interface MetricsOptions {
  /** The version of hiatus, for `hiatus_build_info`. */
  readonly version: string;
  /**
   * When the process began, in milliseconds since 1970.
   * @default what the runtime says
   */
  readonly started?: number;
}

/** Upper bounds in seconds: a manifest from memory takes half a millisecond, a large blob over a slow line a minute. */
const BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
];

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Makes counts that begin at zero. */
export function createMetrics(options: MetricsOptions): Metrics {
  const { version, started = performance.timeOrigin } = options;
  const requests = counter("hiatus_requests_total", "Requests that were answered.");
  const sent = counter("hiatus_sent_bytes_total", "Bytes of bodies that were sent.");
  const received = counter("hiatus_received_bytes_total", "Bytes of bodies that came in.");
  const served = counter("hiatus_served_total", "Manifests and blobs that were sent.");
  const stored = counter("hiatus_stored_total", "Manifests and blobs that were taken in.");
  const uploads = counter("hiatus_uploads_total", "Uploads by what became of them.");
  const durations = histogram(
    "hiatus_request_duration_seconds",
    "From the head of a request to the last byte of its answer.",
  );
  // Zeros from the beginning, so that a rate sees the first one.
  for (const kind of ["manifest", "blob"]) {
    served.add({ kind }, 0);
    stored.add({ kind }, 0);
  }
  for (const outcome of ["started", "completed", "cancelled", "mounted"]) {
    uploads.add({ outcome }, 0);
  }
  let inFlight = 0;
  return {
    begin() {
      inFlight++;
    },
    end(record) {
      inFlight--;
      const { route } = record;
      const method = METHODS.has(record.method) ? record.method : "other";
      const group = Math.floor(record.status / 100);
      const status = group >= 1 && group <= 5 ? `${group}xx` : "other";
      requests.add({ route, method, status }, 1);
      sent.add({ route }, record.bytes);
      received.add({ route }, record.received);
      durations.add({ route }, record.ms / 1000);
      const kind = servedKind(record);
      if (kind !== undefined) served.add({ kind }, 1);
      const taken = storedKind(record);
      if (taken !== undefined) stored.add({ kind: taken }, 1);
      const outcome = uploadOutcome(record);
      if (outcome !== undefined) uploads.add({ outcome }, 1);
    },
    expose() {
      return [
        ...family("hiatus_build_info", "gauge", "The version of hiatus as a label.", [
          line("hiatus_build_info", { version }, 1),
        ]),
        ...family("process_start_time_seconds", "gauge", "When the process began, since 1970.", [
          line("process_start_time_seconds", {}, started / 1000),
        ]),
        ...family("hiatus_requests_in_flight", "gauge", "Requests that are being answered.", [
          line("hiatus_requests_in_flight", {}, inFlight),
        ]),
        ...[requests, sent, received, served, stored, uploads].flatMap((one) => one.lines()),
        ...durations.lines(),
        "",
      ].join("\n");
    },
  };
}

function servedKind({ method, route, status }: RequestRecord): string | undefined {
  if (method !== "GET" || (status !== 200 && status !== 206)) return undefined;
  return route === "manifest" || route === "blob" ? route : undefined;
}

function storedKind(record: RequestRecord): string | undefined {
  if (record.route === "manifest") {
    return record.method === "PUT" && record.status === 201 ? "manifest" : undefined;
  }
  return uploadOutcome(record) === "completed" ? "blob" : undefined;
}

/** A POST starts an upload, or is all of one, or mounts a blob; a PUT ends one. */
function uploadOutcome({ method, route, status, path }: RequestRecord): string | undefined {
  if (route === "uploads" && method === "POST") {
    if (status === 202) return "started";
    if (status !== 201) return undefined;
    return /[?&]mount=/.test(path) ? "mounted" : "completed";
  }
  if (route !== "upload") return undefined;
  if (method === "PUT" && status === 201) return "completed";
  return method === "DELETE" && status === 204 ? "cancelled" : undefined;
}

type Labels = Readonly<Record<string, string>>;

interface Family {
  add(labels: Labels, value: number): void;
  lines(): readonly string[];
}

function counter(name: string, help: string): Family {
  const values = new Map<string, { readonly labels: Labels; value: number }>();
  return {
    add(labels, value) {
      const key = labelText(labels);
      const entry = values.get(key);
      if (entry === undefined) values.set(key, { labels, value });
      else entry.value += value;
    },
    lines() {
      const samples = inOrder(values).map(({ labels, value }) => line(name, labels, value));
      return family(name, "counter", help, samples);
    },
  };
}

function histogram(name: string, help: string): Family {
  const values = new Map<string, { readonly labels: Labels; counts: number[]; sum: number }>();
  return {
    add(labels, value) {
      const key = labelText(labels);
      const entry = values.get(key) ?? { labels, counts: [...BUCKETS, 0].fill(0), sum: 0 };
      values.set(key, entry);
      const found = BUCKETS.findIndex((bound) => value <= bound);
      entry.counts[found < 0 ? BUCKETS.length : found]! += 1;
      entry.sum += value;
    },
    lines() {
      const samples = inOrder(values).flatMap(({ labels, counts, sum }) => {
        let total = 0;
        const buckets = counts.map((count, i) => {
          total += count;
          return line(`${name}_bucket`, { ...labels, le: String(BUCKETS[i] ?? "+Inf") }, total);
        });
        return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, total)];
      });
      return family(name, "histogram", help, samples);
    },
  };
}

function inOrder<T>(values: ReadonlyMap<string, T>): readonly T[] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** A family without samples is left out: readers may expect one after its type. */
function family(
  name: string,
  type: string,
  help: string,
  samples: readonly string[],
): readonly string[] {
  if (samples.length === 0) return [];
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
}

function line(name: string, labels: Labels, value: number): string {
  return `${name}${labelText(labels)} ${value}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
