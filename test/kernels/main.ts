/**
 * `npm run test:kernels`: the program of every image as PID 1 of real kernels, each booted under full emulation.
 *
 * @module
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PLATFORMS } from "../../src/build/platforms.ts";
import { settleAll } from "../../src/build/settle-all.ts";
import { withScratch } from "../bench/context.ts";
import { firstLine, machine as thisMachine } from "../bench/machine.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";
import { buildInitramfs } from "./initramfs.ts";
import { fetchKernels, type Kernel } from "./kernels.ts";
import { MACHINES } from "./machines.ts";
import { boot, bootCommand } from "./qemu.ts";
import { ENDS, formatResults, type Result, type Try, writeResults } from "./report.ts";
import { judge } from "./verdict.ts";

/** What the script hands over. */
export interface KernelOptions {
  /** The checkout. */
  readonly root: string;
  /** Names of machines; all of them when empty, and only then the results are written to the documentation. */
  readonly names: readonly string[];
  /** Look for newer kernels. */
  readonly refresh: boolean;
  /** Milliseconds for one boot, and for all of them. */
  readonly limit: number;
  readonly totalLimit: number;
  readonly signal: AbortSignal;
}

/** Two at a time keep two processors busy; emulation uses one each. */
const AT_A_TIME = 2;

/**
 * Boots, judges, prints the table and writes it to docs/verification.md.
 *
 * @returns The exit code: 0 when all that could be tried passed, 3 when a check failed, 1 when a kernel did not boot or none could
 * be tried.
 * @throws Error when a name is not a machine's, or the image cannot be built.
 */
export async function testKernels(options: KernelOptions): Promise<number> {
  const { root, names, signal } = options;
  const unknown = names.filter((name) => !MACHINES.some((machine) => machine.name === name));
  if (unknown.length > 0) {
    const known = MACHINES.map(({ name }) => name).join(", ");
    throw new Error(`There is no machine "${unknown.join('", "')}"; there are: ${known}`);
  }
  const say = (line: string) => console.error(line);
  const machines = MACHINES.filter(({ name }) => names.length === 0 || names.includes(name));
  const cache = join(root, ".cache", "kernels");
  const kernels = await fetchKernels(machines, cache, options.refresh, say);
  const begun = Date.now();
  const started = await thisMachine();

  const results = await withScratch(async (scratch) => {
    const image = await buildPause(scratch);
    const tries = machines.flatMap((machine) =>
      machine.platforms.map((platform) => ({ machine, platform })),
    );
    const attempt = async (one: Try): Promise<Result> => {
      const kernel = kernels.get(one.machine) ?? "there is no kernel";
      const late = Date.now() - begun > options.totalLimit;
      const result: Result =
        typeof kernel === "string" || late
          ? { ...one, state: "not tried", reason: late ? "time is up" : `${kernel}` }
          : await tryOne(one, kernel, image, scratch, options);
      say(`${one.platform} on ${one.machine.name}: ${result.state}`);
      return result;
    };
    return settleAll(tries, AT_A_TIME, attempt, signal);
  });

  const order = (result: Result) => PLATFORMS.findIndex(({ name }) => name === result.platform);
  const text = formatResults([...results].sort((a, b) => order(a) - order(b)));
  console.log(text);
  if (names.length === 0) {
    const emulator = await firstLine("qemu-system-x86_64", "--version");
    const where = [started, emulator, `${Math.round((Date.now() - begun) / 1000)} s in all`];
    const body = `Last run: ${where.filter((part) => part !== undefined).join(", ")}.\n\n${text}`;
    await writeResults(join(root, "docs", "verification.md"), body);
  }
  const states = results.map(({ state }) => state);
  if (states.includes("failed")) return 3;
  return states.includes("not booted") || !states.includes("passed") ? 1 : 0;
}

async function tryOne(
  one: Try,
  kernel: Kernel,
  image: PauseImage,
  scratch: string,
  { root, limit, signal }: KernelOptions,
): Promise<Result> {
  const { machine, platform } = one;
  const name = `${machine.name}-${platform.replaceAll("/", "-")}`;
  const pause = await readFile(image.binary(platform));
  const initramfs = join(scratch, `${name}.cpio`);
  const temporary = join(scratch, name);
  await writeFile(initramfs, await buildInitramfs(root, platform, pause, temporary));
  const {
    console: text,
    end,
    seconds,
  } = await boot(bootCommand(machine, kernel, initramfs), limit, signal);
  const log = join(root, ".cache", "kernels", "log", `${name}.txt`);
  await mkdir(join(log, ".."), { recursive: true });
  await writeFile(log, text);
  const verdict = judge(text, platform, image.record.stamp);
  if (verdict.release === "") {
    const reason = `${ENDS[end]} after ${seconds.toFixed(0)} s before /init ran: ${lastLine(text)}`;
    return { ...one, state: "not booted", reason };
  }
  const passed = verdict.checks.every((check) => check.passed);
  const { version } = kernel;
  const size = pause.length;
  return { ...one, state: passed ? "passed" : "failed", verdict, end, version, size, seconds };
}

function lastLine(text: string): string {
  const panic = /Kernel panic.*/.exec(text)?.[0];
  return panic ?? text.trimEnd().split("\n").at(-1)?.slice(0, 200) ?? "";
}
