import { describe, expect, it } from "vitest";
import { readJunit, readResults } from "./results.ts";

describe("readJunit", () => {
  it("counts tests of Ginkgo's report by what is in them", () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" disabled="0" errors="0" failures="1" time="1.5">
  <testsuite name="conformance tests" tests="4" skipped="1">
    <testcase name="[It] Pull &gt; one" status="passed" time="0.1"></testcase>
    <testcase name="[It] Push two" status="skipped" time="0"><skipped message="skipped"></skipped></testcase>
    <testcase name="[It] Push three" status="failed" time="0.2">
      <failure message="Expected" type="failed">[FAILED] 500</failure>
    </testcase>
    <testcase name="[BeforeSuite]" status="passed"/>
  </testsuite>
</testsuites>`;
    expect(readJunit(xml)).toEqual({
      ...{ passed: 2, failed: 1 },
      ...{ skipped: ["[It] Push two"], failures: ["[It] Push three"] },
    });
  });

  it("counts tests of the newer suite by their status", () => {
    const xml = `<testsuites tests="3"><testsuite>
    <testcase name="OCI Conformance Test/ping" time="0.0" status="passed"><system-err>GET /v2/ -&gt; 200</system-err></testcase>
    <testcase name="OCI Conformance Test/sparse" time="0.0" status="skipped"><system-err></system-err></testcase>
    <testcase name="OCI Conformance Test/image" time="0.0" status="failure"><system-out>no</system-out></testcase>
    </testsuite></testsuites>`;
    expect(readJunit(xml)).toEqual({
      ...{ passed: 1, failed: 1 },
      skipped: ["OCI Conformance Test/sparse"],
      failures: ["OCI Conformance Test/image"],
    });
  });
});

describe("readResults", () => {
  it("names what did not pass", () => {
    const yaml =
      "config:\n  registry: x\napis:\n  Ping: Pass\n  Referrers: FAIL\ndata:\n  Image: Pass\n  Sparse Manifests: Disabled\n";
    expect(readResults(yaml)).toEqual(["Referrers: FAIL", "Sparse Manifests: Disabled"]);
  });
});
