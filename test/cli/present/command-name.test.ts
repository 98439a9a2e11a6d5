import { afterEach, describe, expect, test, vi } from "vitest";
import { pasteable } from "../../../src/cli/present/command-name.ts";

afterEach(() => vi.unstubAllEnvs());

describe("pasteable", () => {
  test.each([
    [
      "Build it (hiatus build --locked), or name an archive",
      "Build it (npx hiatus build --locked), or name an archive",
    ],
    ["Bring them back with hiatus repair", "Bring them back with npx hiatus repair"],
    ["use: hiatus push a b, or: hiatus tags c", "use: npx hiatus push a b, or: npx hiatus tags c"],
    [
      "load it (hiatus load F), then hiatus doctor",
      "load it (npx hiatus load F), then npx hiatus doctor",
    ],
    ["hiatus node-config --runtime k3s", "npx hiatus node-config --runtime k3s"],
    // What is no command stays: a folder, a name, what has its runner already.
    ["Look into /srv/hiatus build", "Look into /srv/hiatus build"],
    ["hiatus is at work", "hiatus is at work"],
    ["npx hiatus building", "npx hiatus building"],
  ])("after npm: %s", (hint, expected) => {
    vi.stubEnv("npm_execpath", "/usr/lib/npm-cli.js");
    expect(pasteable(hint)).toBe(expected);
  });

  test("leaves hints as they are where hiatus is on the PATH", () => {
    vi.stubEnv("npm_execpath", undefined);
    expect(pasteable("Bring them back with hiatus repair")).toBe(
      "Bring them back with hiatus repair",
    );
  });
});
