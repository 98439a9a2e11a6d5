import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { run } from "../../src/build/run.ts";
import { scratchFolder } from "./scratch-folder.ts";

const sh = (body: string) => ["/bin/sh", "-c", body];
const plain = { cwd: "/", env: { PATH: "/usr/bin:/bin" } };

/** Is a process there and not a zombie? */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe("run", () => {
  test("gives exit code and output", async () => {
    expect(await run(sh("echo out; echo err >&2; exit 7"), plain)).toEqual({
      status: 7,
      endedBy: null,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect(await run(sh("kill -9 $$"), plain)).toMatchObject({ status: null, endedBy: "SIGKILL" });
  });

  test("hands on no environment but what is given, no input, and the folder", async () => {
    const { stdout } = await run(sh("/usr/bin/env; pwd; cat"), { cwd: "/usr", env: { A: "1" } });
    const lines = stdout.trim().split("\n");
    // The shell itself adds PWD and the like.
    const own = lines.filter((line) => !/^(?:PWD|OLDPWD|SHLVL|_)=/.test(line));
    expect(own).toEqual(["A=1", "/usr"]);
  });

  test("takes arguments as they are, without a shell", async () => {
    const words = ['"', "'", "$(id)", "*", "a b", "\\", ""];
    const argv = ["/usr/bin/printf", "%s\\n", ...words];
    expect((await run(argv, plain)).stdout).toBe(`${words.join("\n")}\n`);
  });

  test("drops output beyond 64 KiB and still ends", async () => {
    const { status, stdout } = await run(sh("head -c 1000000 /dev/zero; echo x >&2"), plain);
    expect([status, stdout.length]).toEqual([0, 64 * 1024]);
  });

  test("refuses a program that is not there", async () => {
    await expect(run(["/nonexistent/cc"], plain)).rejects.toMatchObject({
      code: "TOOLCHAIN",
      message: expect.stringContaining('"/nonexistent/cc" cannot be started'),
    });
  });

  test("kills the program and its children when aborted, and throws the reason as it is", async () => {
    const folder = scratchFolder();
    const pids = join(folder, "pids");
    const body = `sh -c 'trap "" TERM INT; echo $$ >> ${pids}; while :; do sleep 60; done' & echo $$ >> ${pids}; wait`;
    const controller = new AbortController();
    const running = run(sh(body), { ...plain, signal: controller.signal });
    await until(() => existsSync(pids) && readFileSync(pids, "utf8").split("\n").length === 3);
    const reason = new Error("stop");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    const [one, other] = readFileSync(pids, "utf8").trim().split("\n").map(Number);
    await until(() => !isAlive(one!) && !isAlive(other!));
  });

  test("starts nothing when already aborted", async () => {
    const folder = scratchFolder();
    const signal = AbortSignal.abort(new Error("before"));
    const running = run(sh(`touch ${folder}/started`), { ...plain, signal });
    await expect(running).rejects.toThrow("before");
    expect(existsSync(join(folder, "started"))).toBe(false);
  });

  test("ends a program that takes too long", async () => {
    await expect(run(sh("sleep 60"), { ...plain, timeout: 50 })).rejects.toMatchObject({
      code: "TOOLCHAIN",
      message: expect.stringContaining("did not end within 0.05 s"),
    });
  });
});
