/**
 * Runs contenders in turn, A B C A B C, so that a busy minute of the machine hurts all of them alike.
 *
 * @module
 */
import { spawn } from "node:child_process";

/** Something that can be run again and again. */
export interface Contender {
  readonly name: string;
  /** Brings back the state that a run starts from. Its time is not counted. */
  readonly prepare?: () => Promise<void>;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Milliseconds of one run. */
export interface Timing {
  /** From exec to exit. */
  readonly wall: number;
  /** User and system time of the program and of what it started. */
  readonly cpu: number;
}

/** How long it may take. */
export interface Bounds {
  /** No round begins later than this, but one is always counted. @default as many as asked for */
  readonly seconds?: number;
  /** Is there a round before the first that counts? @default true */
  readonly warmUp?: boolean;
}

/** The counted runs, by the contender's name. */
export type Timings = ReadonlyMap<string, readonly Timing[]>;

/**
 * Runs every contender once uncounted, then up to `rounds` times in turn. A contender that fails is left out of
 * the result, and told of by `onFailure`.
 */
export async function interleave(
  contenders: readonly Contender[],
  rounds: number,
  onRound: (round: number) => void,
  onFailure: (name: string, reason: string) => void,
  { seconds = Number.POSITIVE_INFINITY, warmUp = true }: Bounds = {},
): Promise<Timings> {
  const timings = new Map<string, Timing[]>(contenders.map(({ name }) => [name, []]));
  const end = performance.now() + seconds * 1000;
  for (let round = warmUp ? 0 : 1; round <= rounds; round++) {
    if (round > 1 && performance.now() > end) break;
    onRound(round);
    for (const contender of contenders) {
      const times = timings.get(contender.name);
      if (times === undefined) continue;
      try {
        await contender.prepare?.();
        const timing = await timed(contender);
        if (round > 0) times.push(timing);
      } catch (error) {
        timings.delete(contender.name);
        onFailure(contender.name, error instanceof Error ? error.message : String(error));
      }
    }
  }
  return timings;
}

const WATCH = 'TIMEFORMAT="%R %U %S"; time "$@"';

/**
 * Runs a program once, output thrown away. bash measures, because it is small: starting a process from it
 * costs less than from here, and it knows the processor time of everything that the program waited for.
 *
 * @throws Error when it cannot be started or ends in failure; with the end of its standard error.
 */
export function timed({ command, env, cwd }: Omit<Contender, "name">): Promise<Timing> {
  return new Promise((resolve, reject) => {
    let stderr = "";
    const child = spawn("bash", ["-c", WATCH, "bash", ...command], {
      cwd,
      // Node 20 reads that file before anything else, 36 ms for the roots of a system, whether or not TLS is spoken; Go reads
      // SSL_CERT_FILE when it needs it.
      env: { ...process.env, LC_ALL: "C", NODE_EXTRA_CA_CERTS: "", ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-4000);
    });
    child.on("error", reject);
    child.on("close", (status, signal) => {
      const times = /([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(stderr);
      if (status !== 0 || times === null) {
        const why = stderr.trim().split("\n").slice(0, -1).join(" ");
        reject(new Error(`"${command.join(" ")}" ended with ${status ?? signal}: ${why}`));
        return;
      }
      const [, real, user, system] = times.map(Number) as [number, number, number, number];
      resolve({ wall: real * 1000, cpu: (user + system) * 1000 });
    });
  });
}
