/** The self-extracting script under every shell: what it says, writes and refuses. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { openLayout } from "../../src/store/layout.ts";
import { environment, run } from "../runtime/command.ts";
import { describeWith } from "../runtime/needs.ts";
import { until } from "../runtime/until.ts";
import {
  makeRunFile,
  type RunFile,
  type RunOptions,
  runCommand,
  SHELL_PROGRAMS,
  SHELLS,
} from "./run-shells.ts";

/** Command lines that are wrong before anything is done. */
const WRONG: readonly (readonly string[])[] = [
  [],
  ["--nonsense"],
  ["--list", "--verify"],
  ["list"],
  ["--extract"],
  ["--extract="],
  ["--list=1"],
  ["--list", "--tag", "x"],
  ["--push", "pause"],
  ["--push", "https://localhost:1/pause"],
  ["--push", "localhost:1/Pause"],
  ["--push", "localhost:1/../pause"],
  ["--push", "localhost:1/a//b"],
  ["--push", "localhost:1/pause:-n"],
  ["--push", "localhost:1/pause", "--tag", "-n"],
  ["--push", "localhost:1/pause", "--tag", "a b"],
  ["--push", "localhost:1/pause", "--tag", "a\nb"],
  ["--push", "localhost:1/pause", "--tag", "*"],
  ["--push", "localhost:1/pause", "--tag", "x".repeat(129)],
  ["--push", "localhost:1/pause;id"],
  ["--push", "$(id)/pause"],
  ["--push", "localhost:1/pause@sha256:1"],
  ["--push", "localhost:1/pause", "--plain-http", "--insecure"],
  ["--load", "rkt"],
  ["--load", "docker", "--tag", "a/b@sha256:1"],
  ["--print-config", "rkt"],
  ["--print-config", "containerd", "--image", "a|b/c:1"],
];

let base: string;
let made: RunFile;
let here: string;
let temporary: string;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "hiatus-test-"));
  made = await makeRunFile(base);
}, 120_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));
beforeEach(() => {
  here = mkdtempSync(join(base, "here-"));
  temporary = mkdtempSync(join(base, "tmp-"));
});
// Whatever happened, nothing is left in the folder for temporary files.
afterEach(() => expect(readdirSync(temporary)).toEqual([]));

describeWith({ programs: [...SHELL_PROGRAMS, "shellcheck"] }, "the script", () => {
  describe.each(SHELLS.map((shell) => [shell.join(" "), shell] as const))(
    "under %s",
    (_, shell) => {
      const go = (args: readonly string[], options: RunOptions = {}) =>
        runCommand([...shell, made.file, ...args], {
          cwd: here,
          env: environment({ TMPDIR: temporary }),
          ...options,
        });
      const root = () => made.image.record.index.digest;

      test("says what it is", async () => {
        expect(await go(["--version"])).toEqual({
          code: 0,
          stdout: `pause ${made.image.tag}\n`,
          stderr: "",
        });
        const { code, stdout } = await go(["--help"]);
        expect({ code, stdout }).toMatchObject({
          code: 0,
          stdout: expect.stringContaining("--push REGISTRY/REPO"),
        });
      });

      test("lists every platform with its manifest, the root and the names", async () => {
        const { code, stdout } = await go(["--list"]);
        expect(code).toBe(0);
        for (const { platform, manifest } of made.image.record.platforms) {
          expect(stdout).toMatch(
            new RegExp(`^ +${platform}(?:/v8)? +[0-9,]+ +${manifest.digest}$`, "m"),
          );
        }
        expect(stdout).toContain(root());
        expect(stdout).toContain(`registry.k8s.io/pause:${made.image.tag}`);
      });

      test("verifies every content", async () => {
        const { code, stdout } = await go(["--verify"]);
        expect(code).toBe(0);
        expect(stdout).toContain("22 blobs and 12 manifests");
      });

      test("extracts a layout that is whole, with the caller's permissions", async () => {
        const wide = ["sh", "-c", 'umask 022 && exec "$@"', "sh", ...shell, made.file];
        const { code } = await runCommand([...wide, "--extract", "a b/-x"], {
          cwd: here,
          env: environment({ TMPDIR: temporary }),
        });
        expect(code).toBe(1);
        mkdirSync(join(here, "a b"));
        const again = await runCommand([...wide, "--extract", "a b/-x"], {
          cwd: here,
          env: environment({ TMPDIR: temporary }),
        });
        expect(again).toMatchObject({ code: 0, stderr: "" });
        const layout = await openLayout(join(here, "a b", "-x"));
        expect((await layout.resolve(made.image.tag)).digest).toBe(root());
        for (const name of readdirSync(join(here, "a b/-x/blobs/sha256"))) {
          const path = join(here, "a b/-x/blobs/sha256", name);
          expect(digestOf(readFileSync(path))).toBe(`sha256:${name}`);
          expect(statSync(path).mode & 0o777).toBe(0o644);
        }
        expect(statSync(join(here, "a b/-x")).mode & 0o777).toBe(0o755);
        expect(readdirSync(join(here, "a b"))).toEqual(["-x"]);
      });

      test("overwrites nothing", async () => {
        mkdirSync(join(here, "there"));
        writeFileSync(join(here, "file"), "mine");
        for (const args of [
          ["--extract", "there"],
          ["--extract=file"],
          ["--extract-tar", "file"],
        ]) {
          expect(await go(args)).toMatchObject({ code: 1, stdout: "" });
        }
        expect(readdirSync(here).sort()).toEqual(["file", "there"]);
        expect(readFileSync(join(here, "file"), "utf8")).toBe("mine");
      });

      test("gives the archive, as a file and on standard output", async () => {
        expect(await go(["--extract-tar", "out.tar"])).toMatchObject({ code: 0 });
        const archive = readFileSync(made.image.archive);
        expect(readFileSync(join(here, "out.tar")).equals(archive)).toBe(true);
        const { code, stdout } = await go(["--extract-tar", "-"]);
        expect({ code, length: stdout.length > 50_000 }).toEqual({ code: 0, length: true });
        expect(readdirSync(here)).toEqual(["out.tar"]);
      });

      test("does the same from a pipe", async () => {
        const piped = (...args: string[]) =>
          runCommand([...shell, "-s", "--", ...args], {
            cwd: here,
            env: environment({ TMPDIR: temporary }),
            input: made.bytes,
          });
        expect(await piped("--version")).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/^pause /),
        });
        expect(await piped("--verify")).toMatchObject({ code: 0 });
        expect(await piped("--nonsense")).toMatchObject({ code: 2 });
      });

      test("refuses wrong usage before it does anything", async () => {
        // The words are the same in every shell; all of them are tried in two.
        const wrong = ["dash", "busybox"].includes(shell[0]) ? WRONG : WRONG.slice(0, 9);
        for (const args of wrong) {
          expect(await go(args), args.join(" ")).toMatchObject({ code: 2, stdout: "" });
        }
        expect(readdirSync(here)).toEqual([]);
      });

      test.each(["containerd", "cri-o", "docker", "k3s", "kubelet"])(
        "prints what %s has to be told",
        async (runtime) => {
          const { code, stdout } = await go([
            "--print-config",
            runtime,
            "--image",
            "a.b/c/pause:9",
          ]);
          expect(code).toBe(0);
          expect(stdout).toContain("a.b/c/pause:9");
          expect(stdout).not.toContain("@");
        },
      );

      test.each([
        ["docker.io/rancher/mirrored-pause:3.6", "rancher/mirrored-pause:3.6"],
        ["docker.io/library/pause:1", "pause:1"],
      ])("prints %s for cri-dockerd as Docker lists it", async (image, listed) => {
        const { code, stdout } = await go(["--print-config", "docker", "--image", image]);
        expect(code).toBe(0);
        expect(stdout).toContain(` --pod-infra-container-image=${listed}\n`);
      });

      test.each(["with blanks", "-dash", "line\nbreak", "quote'\"", "$(id)", "*"])(
        "works with %j as folder for temporary files",
        async (name) => {
          const odd = join(temporary, name);
          mkdirSync(odd);
          const env = environment({ TMPDIR: odd });
          expect(await go(["--extract", "out"], { env })).toMatchObject({ code: 0 });
          expect(readdirSync(odd)).toEqual([]);
          rmSync(odd, { recursive: true });
          const layout = await openLayout(join(here, "out"));
          expect((await layout.resolve(made.image.tag)).digest).toBe(root());
        },
      );

      test("works with a relative folder for temporary files", async () => {
        mkdirSync(join(here, "-t"));
        const env = environment({ TMPDIR: "-t" });
        expect(await go(["--verify"], { env })).toMatchObject({ code: 0 });
      });

      test("says where no temporary files can be made", async () => {
        const env = environment({ TMPDIR: "/does/not/exist" });
        const { code, stdout } = await go(["--verify"], { env });
        expect(code).not.toBe(0);
        expect(stdout).toBe("");
      });

      test("is not led astray by the environment", async () => {
        const rc = join(here, "rc");
        writeFileSync(rc, "alias cat=false printf=false sed=false eval=false set=false\n");
        const env = environment({
          TMPDIR: temporary,
          ENV: rc,
          BASH_ENV: rc,
          IFS: "0a/",
          CDPATH: "/:/tmp",
          GREP_OPTIONS: "-v",
          TAR_OPTIONS: "--nonsense",
          GZIP: "-9v",
          POSIXLY_CORRECT: "1",
          LC_ALL: "tr_TR.UTF-8",
          "BASH_FUNC_sed%%": "() { echo hostile; }",
          "BASH_FUNC_hiatus_payload%%": "() { echo hostile; }",
        });
        expect(await go(["--verify"], { env })).toMatchObject({ code: 0 });
        const options = ["-C", "-e", "-u", "-f"].flatMap((flag) => [flag]);
        expect(
          await runCommand([...shell, ...options, made.file, "--extract", "out"], {
            cwd: here,
            env,
          }),
        ).toMatchObject({ code: 0 });
      });

      test("unpacks itself with openssl too, and says what must be there", async ({ skip }) => {
        if (shell[0] === "busybox") skip("its shell finds its own base64 without PATH");
        const bin = mkdtempSync(join(here, "bin-"));
        const path = { ...environment(), PATH: bin };
        for (const name of ["sha256sum", "cat", "printf"]) {
          symlinkSync(join("/usr/bin", name), join(bin, name));
        }
        const absolute = [join("/usr/bin", shell[0]), ...shell.slice(1)];
        const list = async () =>
          await runCommand([...absolute, made.file, "--version"], { cwd: here, env: path });
        const refused = await list();
        expect(refused).toMatchObject({ code: 1, stdout: "" });
        expect(refused.stderr).toContain("base64 or openssl, and gzip must be there");
        for (const name of ["openssl", "gzip"]) {
          symlinkSync(join("/usr/bin", name), join(bin, name));
        }
        expect(await list()).toMatchObject({ code: 0, stdout: `pause ${made.image.tag}\n` });
      });

      test("can be read without being run, as its head says", async () => {
        const [, command = ""] = /can be read: (.+)\n/.exec(readFileSync(made.file, "utf8")) ?? [];
        const { code, stdout } = await runCommand(
          [...shell, "-c", command.replace("FILE", '"$1"'), "sh", made.file],
          { cwd: here, env: environment() },
        );
        expect(code).toBe(0);
        expect(stdout).toContain("hiatus_main() {");
        expect(stdout).toContain(root());
      });

      test("works where the current folder cannot be written, and under any name", async () => {
        const odd = join(here, "-a b$(id).run");
        writeFileSync(odd, made.bytes);
        expect(
          await runCommand([...shell, "--", "-a b$(id).run", "--verify"], {
            cwd: here,
            env: environment({ TMPDIR: temporary }),
          }),
        ).toMatchObject({ code: 0 });
        chmodSync(here, 0o555);
        expect(await go(["--verify"])).toMatchObject({ code: 0 });
        expect(await go(["--list"], { cwd: "/proc" })).toMatchObject({ code: 0 });
      });

      test.each([
        ["SIGINT", 130],
        ["SIGTERM", 143],
        ["SIGHUP", 129],
      ] as const)("leaves nothing behind after %s", async (signal, told) => {
        // A slow gzip, so that there is a moment in the middle.
        const bin = mkdtempSync(join(here, "bin-"));
        writeFileSync(join(bin, "gzip"), '#!/bin/sh\nsleep 0.4\nexec /bin/gzip "$@"\n', {
          mode: 0o755,
        });
        const env = { ...environment({ TMPDIR: temporary }), PATH: `${bin}:${environment().PATH}` };
        let pid = 0;
        const ended = go(["--extract", "out"], {
          env,
          onSpawn: (one) => {
            pid = one;
          },
        });
        await until("it is in the middle", () =>
          readdirSync(temporary).some((one) => existsSync(join(temporary, one, "archive.tar.gz"))),
        );
        process.kill(pid, signal);
        const { code, stderr } = await ended;
        // Ended by the signal; mksh tells it as an exit code.
        expect([-1, told]).toContain(code);
        expect(stderr).toContain(`Stopped by ${signal}`);
        expect(readdirSync(here).filter((one) => !one.startsWith("bin-"))).toEqual([]);
      });
    },
  );

  test("passes shellcheck, its parts together and the part around them", async () => {
    const folder = join(import.meta.dirname, "../../src/bundle/run");
    const { BODY } = await import("../../src/bundle/run/run-script.ts");
    const whole = join(here, "body.sh");
    writeFileSync(whole, BODY.map((name) => readFileSync(join(folder, name), "utf8")).join("\n"));
    await run(["shellcheck", "--shell=sh", "--norc", "--severity=style", whole]);
    await run(["shellcheck", "--shell=sh", "--norc", join(folder, "start.sh")]);
    await run(["shellcheck", "--norc", made.file]);
    const disabled = BODY.flatMap(
      (name) => readFileSync(join(folder, name), "utf8").match(/disable=.*/g) ?? [],
    );
    expect(disabled).toEqual([expect.stringMatching(/^disable=SC2254 # ./)]);
  });
});
