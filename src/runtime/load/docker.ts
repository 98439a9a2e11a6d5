/**
 * Into Docker or Podman, which know one platform at a time, no pins, and no digest that they did not pull.
 *
 * @see https://docs.docker.com/reference/cli/docker/image/load/
 * @see https://docs.podman.io/en/v4.3/markdown/podman-load.1.html
 * @module
 */
import { HiatusError } from "../../errors.ts";
import { formatPlatform } from "../../oci/platform.ts";
import { plainName } from "../containerd-content.ts";
import { must, type Run } from "../runner.ts";
import type { Held, Importer, NodeImage } from "./importer.ts";

/** Which of the two, and where it is. */
export interface EngineOptions {
  readonly engine: "docker" | "podman";
  /** Docker's host, or the URL of Podman's service. @default the program's own */
  readonly address?: string | undefined;
}

/** An importer for it. */
export function engineImporter(run: Run, { engine, address }: EngineOptions): Importer {
  const command = engineCommand({ engine, address });
  const loading = (file: string): readonly string[] => [
    ...command,
    "load",
    "--quiet",
    "--input",
    file,
  ];
  return {
    keepsIndex: false,
    limits: [
      `${engine} has no pins: nothing but its tags keeps the image from being pruned`,
      `${engine} knows a digest only of what it pulled: the image goes by its tags`,
    ],
    plan: (file) => [loading(file).join(" ")],
    async look(_, image, signal) {
      const held: Held[] = [];
      for (const name of image.names) held.push(await lookAt(name, image, signal));
      return held;
    },
    async take(file, image, signal) {
      await must(run, loading(file), signal);
      // Podman gives the first name only.
      const rest = (await this.look(file, image, signal)).filter(
        ({ wrong }) => wrong !== undefined,
      );
      const id = image.config.slice("sha256:".length);
      for (const { name } of rest) await must(run, [...command, "tag", id, name], signal);
    },
  };

  async function lookAt(
    name: string,
    image: NodeImage,
    signal: AbortSignal | undefined,
  ): Promise<Held> {
    const inspect = [...command, "image", "inspect", "--format", FORMAT, plainName(name)];
    const { code, stdout, stderr } = await run(inspect, { signal });
    if (code !== 0) {
      if (/no such image|not known|image not known/i.test(stderr)) {
        return { name, digest: undefined, pinned: undefined, wrong: "is not there" };
      }
      // Not the image is missing but who would know of it: told by the failure of the same command.
      await must(run, inspect, signal);
    }
    const found = readInspected(stdout, inspect);
    const digest = `sha256:${found.id.replace(/^sha256:/, "")}`;
    const platform = formatPlatform({ os: found.os, architecture: found.architecture });
    // With containerd's image store Docker calls an image by its manifest.
    const isRight = [image.config, image.manifest, image.root].some((one) => one === digest);
    const wrong = [
      ...(isRight ? [] : [`is ${digest}`]),
      ...(image.platform.startsWith(platform) ? [] : [`is for ${platform}`]),
    ];
    return {
      name,
      digest,
      pinned: undefined,
      wrong: wrong.length === 0 ? undefined : wrong.join(" and "),
    };
  }
}

/** The program with its flags. */
export function engineCommand({ engine, address }: EngineOptions): readonly string[] {
  if (address === undefined) return [engine];
  const url = address.startsWith("/") ? `unix://${address}` : address;
  return engine === "docker" ? ["docker", "--host", url] : ["podman", "--remote", "--url", url];
}

interface Inspected {
  readonly id: string;
  readonly os: string;
  readonly architecture: string;
}

/** Podman 4 gives something else than Docker for `{{json .}}`. */
const FORMAT = "{{.Id}} {{.Os}} {{.Architecture}}";

function readInspected(text: string, command: readonly string[]): Inspected {
  const match = /^((?:sha256:)?[0-9a-f]{64}) (\S+) (\S+)\s*$/.exec(text);
  if (match !== null) {
    const [, id = "", os = "", architecture = ""] = match;
    return { id, os, architecture };
  }
  throw new HiatusError("RUNTIME", `"${command.join(" ")}" does not say what it has`, {
    detail: { command },
    hint: "Run that command by itself; another program may have its name",
  });
}
