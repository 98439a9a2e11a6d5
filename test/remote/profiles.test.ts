import { describe, expect, test } from "vitest";
import { PROFILES, profileOf } from "../../src/remote/profiles.ts";
import { failureOf } from "../failure.ts";

describe("profileOf", () => {
  test.each([
    ["docker.io", "dockerhub"],
    ["123456789012.dkr.ecr.eu-central-1.amazonaws.com", "ecr"],
    ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "ecr"],
    ["123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "ecr"],
    ["public.ecr.aws", "ecr"],
    ["ghcr.io", "ghcr"],
    ["GHCR.io", "ghcr"],
    ["europe-west3-docker.pkg.dev", "gar"],
    ["gcr.io", "gar"],
    ["eu.gcr.io", "gar"],
    ["team.azurecr.io", "acr"],
    ["quay.io", "quay"],
    ["registry.cn-hangzhou.aliyuncs.com", "aliyun"],
    ["swr.cn-north-4.myhuaweicloud.com", "huawei"],
    ["team.jfrog.io", "artifactory"],
    ["registry.gitlab.com", "gitlab"],
    ["registry.gitlab.com:443", "gitlab"],
    ["registry.k8s.io", "default"],
    ["localhost:5000", "default"],
    ["[::1]:5000", "default"],
    ["notghcr.io", "default"],
    ["ghcr.io.evil.example", "default"],
    [".azurecr.io", "default"],
    ["dkr.ecr.amazonaws.com", "default"],
    ["x.dkr.ecr..amazonaws.com", "default"],
  ])("knows %s as %s", (registry, name) => {
    expect(profileOf(registry).name).toBe(name);
  });

  test("takes a profile by its name, whatever the host", () => {
    expect(profileOf("mirror.example:5000", "zot").refusesDockerTypes).toBe(true);
    expect(profileOf("ghcr.io", "default").name).toBe("default");
  });

  test("says which names there are", async () => {
    const error = await failureOf(() => profileOf("mirror.example", "Zot"));
    expect(error).toMatchObject({ code: "CONFIG" });
    expect(error.hint).toContain("zot");
  });

  test("names are there once, and every profile has a way to upload", () => {
    const names = PROFILES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { upload, chunk, page } of PROFILES) {
      expect(upload.length).toBeGreaterThan(0);
      expect(chunk).toBeGreaterThanOrEqual(1024 * 1024);
      expect(page).toBeLessThanOrEqual(1000);
    }
  });
});
