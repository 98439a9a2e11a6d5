import { describe, expect, test } from "vitest";
import { accessJson, accessLine, createAccessLog } from "../../src/serve/access-log.ts";
import { record } from "./record-sample.ts";

describe("accessLine", () => {
  test("is Apache's combined order with the duration", () => {
    expect(accessLine(record())).toBe(
      '192.0.2.7 - ada [22/Nov/2025:05:01:02 +0000] "GET /v2/pause/manifests/3.10" 200 2579 "containerd/2.1" 0.8ms',
    );
  });

  test("writes a dash for what is not known and the code of a refusal at the end", () => {
    const refused = record({
      remote: undefined,
      user: undefined,
      userAgent: undefined,
      status: 404,
      error: "MANIFEST_UNKNOWN",
    });
    expect(accessLine(refused)).toMatch(/^- - - \[.*" 404 2579 "-" 0\.8ms MANIFEST_UNKNOWN$/);
  });

  test("is one line of printable ASCII whatever was sent", () => {
    const nasty =
      '\r\n127.0.0.1 - root [x] "GET / 200"\u001b[2J\u007f\u009b\u202e\u2028é😀\ud800\\';
    const line = accessLine(
      record({ method: nasty, path: nasty, userAgent: nasty, user: `a b${nasty}`, remote: nasty }),
    );
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(line).toContain("\\x0d\\x0a127.0.0.1");
    expect(line).toContain("\\x1b[2J\\x7f\\xc2\\x9b\\xe2\\x80\\xae");
    expect(line).toContain("\\x5c");
    // Four quotes that are ours, and none of theirs.
    expect(line.split('"')).toHaveLength(5);
    expect(line.split(" ")[2]).toMatch(/^a\\x20b\\x0d/);
  });
});

describe("accessJson", () => {
  test("has all fields, always in one order", () => {
    expect(JSON.parse(accessJson(record()))).toEqual({
      type: "request",
      time: "2025-11-22T05:01:02.345Z",
      remote: "192.0.2.7",
      user: "ada",
      method: "GET",
      path: "/v2/pause/manifests/3.10",
      route: "manifest",
      repository: "pause",
      reference: "3.10",
      status: 200,
      error: null,
      bytes: 2579,
      received: 0,
      ms: 0.812,
      userAgent: "containerd/2.1",
    });
    const sparse = record({ remote: undefined, user: undefined, repository: undefined });
    const keys = (line: string) => Object.keys(JSON.parse(line));
    expect(keys(accessJson(sparse))).toEqual(keys(accessJson(record())));
  });

  test("is ASCII and reads back as it was sent", () => {
    const userAgent = 'a"\r\n\u001b\u009b\u202e\u2028é😀\\';
    const line = accessJson(record({ userAgent }));
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(line).userAgent).toBe(userAgent);
  });
});

describe("the path in the log", () => {
  const pathOf = (path: string) => JSON.parse(accessJson(record({ path }))).path;

  test("keeps what the registry itself understands", () => {
    const path = "/v2/a/blobs/uploads/?mount=sha256:00&from=b&n=5&last=x&digest=y&artifactType=z";
    expect(pathOf(path)).toBe(path);
    expect(pathOf("/r/pause?q=3.10&page=2")).toBe("/r/pause?q=3.10&page=2");
    expect(pathOf("/v2/")).toBe("/v2/");
  });

  test.each([
    ["/v2/?access_token=canary", "/v2/?redacted"],
    ["/v2/?n=1&canary&TOKEN=canary&n=2", "/v2/?n=1&redacted&redacted&n=2"],
    ["/v2/?N=canary", "/v2/?redacted"],
    ["/v2/?a=1?n=canary", "/v2/?redacted"],
    ["http://ada:canary@registry.example/v2/", "http://redacted@registry.example/v2/"],
    ["//ada:canary@registry.example/v2/", "//redacted@registry.example/v2/"],
  ])("tells nothing of %s", (sent, logged) => {
    expect(pathOf(sent)).toBe(logged);
    expect(accessLine(record({ path: sent }))).not.toContain("canary");
  });
});

describe("createAccessLog", () => {
  test.each([
    [false, accessLine],
    [true, accessJson],
  ])("writes one line a request, as JSON: %s", (json, format) => {
    const lines: string[] = [];
    const log = createAccessLog({ write: (line) => lines.push(line), json });
    log(record());
    log(record({ status: 404 }));
    expect(lines).toEqual([`${format(record())}\n`, `${format(record({ status: 404 }))}\n`]);
  });
});
