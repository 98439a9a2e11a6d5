import { describe, expect, test } from "vitest";
import { createMetrics, METRICS_TYPE, type Metrics } from "../../src/serve/metrics.ts";
import type { RequestRecord, RouteName } from "../../src/serve/record.ts";
import { parseExposition, type Sample } from "./exposition.ts";
import { record } from "./record-sample.ts";

const ROUTES: readonly RouteName[] = [
  ...(["base", "catalog", "tags", "manifest", "blob", "uploads", "upload"] as const),
  ...(["referrers", "metrics", "page", "unknown"] as const),
];

function counted(...records: readonly Partial<RequestRecord>[]): Metrics {
  const metrics = createMetrics({ version: "0.1.0", started: 1_763_787_662_345 });
  for (const one of records) {
    metrics.begin();
    metrics.end(record(one));
  }
  return metrics;
}

/** The values of a metric by the text of their labels, as `method="GET",route="blob"`. */
function valuesOf(metrics: Metrics, name: string): Readonly<Record<string, number>> {
  const { samples } = parseExposition(metrics.expose());
  const labels = (sample: Sample) =>
    Object.entries(sample.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(" ");
  return Object.fromEntries(
    samples
      .filter((sample) => sample.name === name)
      .map((sample) => [labels(sample), sample.value]),
  );
}

describe("createMetrics", () => {
  test("exposes text that a strict reader takes, also before any request", () => {
    expect(METRICS_TYPE).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(() => parseExposition(counted().expose())).not.toThrow();
    const all = ROUTES.map((route) => ({ route }));
    expect(parseExposition(counted(...all).expose()).types).toEqual({
      hiatus_build_info: "gauge",
      process_start_time_seconds: "gauge",
      hiatus_requests_in_flight: "gauge",
      hiatus_requests_total: "counter",
      hiatus_sent_bytes_total: "counter",
      hiatus_received_bytes_total: "counter",
      hiatus_served_total: "counter",
      hiatus_stored_total: "counter",
      hiatus_uploads_total: "counter",
      hiatus_request_duration_seconds: "histogram",
    });
  });

  test("says version and start", () => {
    expect(valuesOf(counted(), "hiatus_build_info")).toEqual({ "version=0.1.0": 1 });
    expect(valuesOf(counted(), "process_start_time_seconds")).toEqual({ "": 1_763_787_662.345 });
    const own = valuesOf(createMetrics({ version: "1" }), "process_start_time_seconds")[""] ?? 0;
    expect(own * 1000).toBeGreaterThan(Date.UTC(2020, 0));
    expect(own * 1000).toBeLessThanOrEqual(Date.now());
  });

  test("counts requests by route, method and class of status", () => {
    const metrics = counted({}, {}, { status: 404 }, { method: "HEAD" }, { route: "blob" });
    expect(valuesOf(metrics, "hiatus_requests_total")).toEqual({
      "route=manifest method=GET status=2xx": 2,
      "route=manifest method=GET status=4xx": 1,
      "route=manifest method=HEAD status=2xx": 1,
      "route=blob method=GET status=2xx": 1,
    });
  });

  test("counts bytes in both directions", () => {
    const metrics = counted({ bytes: 10, received: 1 }, { bytes: 5, received: 2 });
    expect(valuesOf(metrics, "hiatus_sent_bytes_total")).toEqual({ "route=manifest": 15 });
    expect(valuesOf(metrics, "hiatus_received_bytes_total")).toEqual({ "route=manifest": 3 });
  });

  test("knows how many requests are being answered", () => {
    const metrics = counted();
    metrics.begin();
    metrics.begin();
    metrics.end(record());
    expect(valuesOf(metrics, "hiatus_requests_in_flight")).toEqual({ "": 1 });
  });

  test("puts durations into buckets, bounds included, and the rest into +Inf", () => {
    const metrics = counted({ ms: 0.5 }, { ms: 0.6 }, { ms: 5 }, { ms: 3_600_000 });
    const buckets = valuesOf(metrics, "hiatus_request_duration_seconds_bucket");
    expect(buckets["route=manifest le=0.0005"]).toBe(1);
    expect(buckets["route=manifest le=0.001"]).toBe(2);
    expect(buckets["route=manifest le=0.005"]).toBe(3);
    expect(buckets["route=manifest le=60"]).toBe(3);
    expect(buckets["route=manifest le=+Inf"]).toBe(4);
    const name = "hiatus_request_duration_seconds";
    expect(valuesOf(metrics, `${name}_count`)).toEqual({ "route=manifest": 4 });
    expect(valuesOf(metrics, `${name}_sum`)["route=manifest"]).toBeCloseTo(3600.0061, 6);
  });

  test("counts what was served: whole or in part, and only what was sent", () => {
    const metrics = counted(
      { route: "manifest" },
      { route: "manifest", method: "HEAD" },
      { route: "manifest", status: 404 },
      { route: "blob" },
      { route: "blob", status: 206 },
      { route: "blob", status: 416 },
      { route: "page" },
    );
    expect(valuesOf(metrics, "hiatus_served_total")).toEqual({
      "kind=manifest": 1,
      "kind=blob": 2,
    });
  });

  test("counts uploads by what became of them", () => {
    const post = { route: "uploads", method: "POST" } as const;
    const metrics = counted(
      { ...post, status: 202 },
      { ...post, status: 201, path: "/v2/a/blobs/uploads/?digest=sha256:00" },
      { ...post, status: 201, path: "/v2/a/blobs/uploads/?mount=sha256:00&from=b" },
      { ...post, status: 202, path: "/v2/a/blobs/uploads/?mount=sha256:00&from=b" },
      { ...post, status: 401 },
      { route: "upload", method: "PATCH", status: 202 },
      { route: "upload", method: "PUT", status: 201 },
      { route: "upload", method: "PUT", status: 400 },
      { route: "upload", method: "DELETE", status: 204 },
      { route: "manifest", method: "PUT", status: 201 },
      { route: "manifest", method: "PUT", status: 404 },
    );
    expect(valuesOf(metrics, "hiatus_uploads_total")).toEqual({
      "outcome=started": 2,
      "outcome=completed": 2,
      "outcome=cancelled": 1,
      "outcome=mounted": 1,
    });
    expect(valuesOf(metrics, "hiatus_stored_total")).toEqual({
      "kind=manifest": 1,
      "kind=blob": 2,
    });
  });

  test("has few series, whatever clients send", () => {
    const metrics = createMetrics({ version: 'a"b\\c\nd' });
    for (let i = 0; i < 2000; i++) {
      const route = ROUTES[i % ROUTES.length] ?? "unknown";
      metrics.begin();
      metrics.end(
        record({
          route,
          method: `M${i}\n"`,
          status: i,
          path: `/v2/name-${i}/blobs/x`,
          repository: `name-${i}`,
          reference: `tag-${i}`,
          user: `user-${i}`,
          userAgent: `agent-${i}`,
        }),
      );
    }
    const { samples } = parseExposition(metrics.expose());
    expect(samples.length).toBeLessThan(400);
    expect(samples.find(({ name }) => name === "hiatus_build_info")?.labels).toEqual({
      version: 'a"b\\c\nd',
    });
    expect(metrics.expose()).not.toMatch(/name-|tag-|user-|agent-/);
  });
});
