/** A request that was answered, as the registry tells it. */
import type { RequestRecord } from "../../src/serve/record.ts";

/** The usual one, with what differs. */
export function record(differs: Partial<RequestRecord> = {}): RequestRecord {
  return {
    time: Date.UTC(2025, 10, 22, 5, 1, 2, 345),
    method: "GET",
    path: "/v2/pause/manifests/3.10",
    route: "manifest",
    repository: "pause",
    reference: "3.10",
    status: 200,
    error: undefined,
    bytes: 2579,
    received: 0,
    ms: 0.81234,
    remote: "192.0.2.7",
    user: "ada",
    userAgent: "containerd/2.1",
    ...differs,
  };
}
