import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { createLayout } from "../../src/store/layout.ts";
import { pushAll, sample } from "../contract/sample.ts";
import { scratch } from "../folder.ts";
import { ended, hiatus, start } from "./command.ts";
import { runInTerminal, whyNoTerminal } from "./in-terminal.ts";
import { askedOf, startRegistry, type TestRegistry } from "./registry.ts";
import { createScreen } from "./screen.ts";

const { index, all } = sample();
const { digest } = index.descriptor;
let cwd: string;
beforeEach(async () => {
  cwd = scratch();
  const layout = await createLayout(join(cwd, "image"));
  await pushAll(layout, all);
  await layout.tag(index.descriptor, "1");
});

/** A registry that lets the last manifest wait until it is told. */
async function slowRegistry(): Promise<{ registry: TestRegistry; go: () => void }> {
  let go = (): void => undefined;
  const until = new Promise<void>((resolve) => {
    go = resolve;
  });
  const registry = await startRegistry({
    before: (method, target) => (method === "PUT" && target.endsWith("/1") ? until : undefined),
  });
  return { registry, go };
}

const why = whyNoTerminal();
describe.skipIf(why !== "")(`hiatus push in a terminal${why}`, () => {
  test("shows a row for each destination, which never goes back, and no row in the end", async () => {
    const { registry, go } = await slowRegistry();
    const other = await startRegistry();
    const places = [`${registry.host}/pause`, `${other.host}/team/pause`, "127.0.0.1:9/pause"];
    const running = runInTerminal(`push oci:image ${places.join(" ")}`, { cwd, columns: 90 });
    while (!askedOf(registry).includes("PUT pause/manifests/…")) await sleep(10);
    await sleep(300);
    go();
    const { code, stdout } = await running;
    expect(code).toBe(1);
    // What a person saw before the rows were taken away.
    const frames: string[][] = [];
    const screen = createScreen(90);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by them
    for (const piece of stdout.split(/(?=\u001b\[\d+A)/)) {
      screen.write(piece);
      frames.push([...screen.lines()]);
    }
    const rowOf = (place: string, frame: readonly string[]) =>
      frame.find((line) => line.slice(2).startsWith(place)) ?? "";
    const shown = frames.filter((frame) => rowOf(places[0]!, frame).includes(" of "));
    expect(shown.length).toBeGreaterThan(1);
    for (const place of places.slice(0, 2)) {
      const counts = shown.map((frame) =>
        rowOf(place, frame).startsWith("✓")
          ? 7
          : Number(/ (\d+) of 7 /.exec(rowOf(place, frame))?.[1] ?? 0),
      );
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
    }
    expect(shown.some((frame) => rowOf(places[2]!, frame).startsWith("✗"))).toBe(true);
    const left = screen.lines();
    expect(left[0]).toBe(`oci:image  ${digest}`);
    expect(left.join("\n")).not.toContain("· ");
    expect(left.filter((line) => line.startsWith("  ✓ "))).toHaveLength(2);
  });

  test("has colours, unless NO_COLOR says otherwise, and no rows in CI", async () => {
    const { host } = await startRegistry();
    const coloured = await runInTerminal(`push oci:image ${host}/a`, { cwd, columns: 80 });
    expect(coloured.stdout).toContain("\u001b[32m✓\u001b[39m");
    const env = { NO_COLOR: "1" };
    const plain = await runInTerminal(`push oci:image ${host}/b`, { cwd, columns: 80, env });
    expect(plain.stdout.split("\u001b[").filter((piece) => /^\d+m/.test(piece))).toEqual([]);
    const ci = { CI: "true", NO_COLOR: "1" };
    const lines = await runInTerminal(`push oci:image ${host}/c`, { cwd, columns: 80, env: ci });
    expect(lines.stdout).not.toContain("\u001b");
    expect(lines.stdout).toContain(`pushing to ${host}/c:1: 4 blobs`);
  });
});

describe("hiatus, interrupted", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "by %s while it pushes says what stays, and a second run goes on",
    async (signal) => {
      const { registry, go } = await slowRegistry();
      const args = ["push", "oci:image", `${registry.host}/pause`];
      const child = start(args, { cwd });
      const end = ended(child);
      while (!askedOf(registry).includes("PUT pause/manifests/…")) await sleep(10);
      child.kill(signal);
      const { code, signal: by, stdout, stderr } = await end;
      expect({ code, by, stdout }).toEqual({ code: null, by: signal, stdout: "" });
      expect(stderr).toContain(
        "\nhiatus: Interrupted, cleaning up (once more to stop at once)\n" +
          "hiatus: Stopped. What was pushed stays, and no tag names a part of it; run the same command again to go on\n",
      );
      go();
      expect(await hiatus(args, { cwd })).toMatchObject({ code: 0 });
    },
  );

  test("while it pulls leaves no part of an archive", async () => {
    const { host } = await startRegistry();
    await hiatus(["push", "oci:image", `${host}/pause`, "-q"], { cwd });
    let reached = false;
    const stuck = await startRegistry({
      before: (method, target) => {
        reached ||= method === "GET" && target.includes("/blobs/");
        return method === "GET" && target.includes("/blobs/")
          ? new Promise(() => undefined)
          : undefined;
      },
    });
    await hiatus(["push", "oci:image", `${stuck.host}/pause`, "-q"], { cwd });
    const child = start(["pull", `${stuck.host}/pause:1`, "oci-archive:a.tar"], { cwd });
    const end = ended(child);
    while (!reached) await sleep(10);
    child.kill("SIGINT");
    const { signal, stderr } = await end;
    expect(signal).toBe("SIGINT");
    expect(stderr).toContain("an archive is as it was");
    expect(existsSync(join(cwd, "a.tar"))).toBe(false);
    expect(readdirSync(cwd)).toEqual(["image"]);
  });
});
