import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.ts";
import { scratch } from "../folder.ts";
import { ended, hiatus, start } from "./command.ts";
import { fakeGcc, whyNoGcc } from "./fake-gcc.ts";
import { snapshot } from "./snapshot.ts";

const why = whyNoGcc();
const AMD64 = ["build", "--platform", "linux/amd64"];
const WITH_GCC = [...AMD64, "--toolchain", "gcc", "--no-cache"];

let cwd: string;
let env: Record<string, string>;
beforeEach(() => {
  cwd = scratch();
  cpSync(join(packageRoot(), "images", "pause"), join(cwd, "images", "pause"), { recursive: true });
  // Says that it began, and who it is; then it takes its time.
  const compile = `echo $$ > "${cwd}/begun.new"; mv "${cwd}/begun.new" "${cwd}/begun"; exec sleep 600`;
  const tmp = join(cwd, "tmp");
  mkdirSync(tmp);
  env = { PATH: `${fakeGcc(join(cwd, "path"), compile)}:/usr/bin:/bin`, TMPDIR: tmp };
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}
const begun = () => join(cwd, "begun");
const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

describe.skipIf(why !== undefined)(
  `hiatus build, interrupted${why === undefined ? "" : ` (not tried: ${why})`}`,
  () => {
    test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
      "by %s stops the compiler, cleans up, says so, leaves the output, and ends by that signal",
      async (signal) => {
        await hiatus([...AMD64, "-q"], { cwd });
        const before = snapshot(join(cwd, "dist"));
        const child = start(WITH_GCC, { cwd, env });
        const end = ended(child);
        await until(() => existsSync(begun()));
        const compiler = Number(readFileSync(begun(), "utf8"));
        expect(isAlive(compiler)).toBe(true);
        child.kill(signal);
        const { code, signal: by, stdout, stderr } = await end;
        expect({ code, by, stdout }).toEqual({ code: null, by: signal, stdout: "" });
        expect(stderr).toBe(
          "\nhiatus: Interrupted, cleaning up (once more to stop at once)\n" +
            "hiatus: Stopped. The previous output is untouched; run the same command again to go on\n",
        );
        await until(() => !isAlive(compiler));
        expect(snapshot(join(cwd, "dist"))).toEqual(before);
        expect(readdirSync(join(cwd, "dist"))).toEqual(["pause"]);
        expect(readdirSync(join(cwd, "tmp"))).toEqual([]);
      },
    );

    test("before there is an output leaves none", async () => {
      const child = start(WITH_GCC, { cwd, env });
      const end = ended(child);
      await until(() => existsSync(begun()));
      child.kill("SIGINT");
      expect((await end).signal).toBe("SIGINT");
      expect(existsSync(join(cwd, "dist"))).toBe(false);
    });

    test("at any moment leaves the old or the new output whole, and nothing beside it", async () => {
      await hiatus([...AMD64, "-q"], { cwd });
      const before = snapshot(join(cwd, "dist", "pause"));
      await hiatus([...AMD64, "-q", "--inline", "blobs", "--out", "other"], { cwd });
      const after = snapshot(join(cwd, "other", "pause"));
      for (let wait = 60; wait <= 420; wait += 24) {
        const child = start([...AMD64, "-q", "--inline", "blobs"], { cwd });
        const end = ended(child);
        await once(child, "spawn");
        await sleep(wait);
        child.kill("SIGINT");
        await end;
        expect(readdirSync(join(cwd, "dist"))).toEqual(["pause"]);
        const found = snapshot(join(cwd, "dist", "pause"));
        expect([before, after]).toContainEqual(found);
      }
    });
  },
);
