/**
 * A Docker that has upstream's image, for `docker save`.
 *
 * @module
 */
import { join } from "node:path";
import { findProgram, run } from "../../runtime/command.ts";
import { DOCKER_PROGRAMS, type Dockerd, startDockerd } from "../../runtime/dockerd.ts";
import { missingOf } from "../../runtime/needs.ts";
import type { Context } from "../context.ts";
import type { Upstream } from "./images.ts";

/** It runs. */
export interface Saver {
  /** `docker save` of the image; `--output` and a file are to follow. */
  readonly command: readonly string[];
  stop(): Promise<void>;
}

/** The client of a daemon, by a command that anybody can run. */
export function clientOf(daemon: Dockerd): readonly string[] {
  return [findProgram("docker") ?? "docker", "--host", addressOf(daemon)];
}

/** Where a daemon listens. */
export function addressOf({ folder }: Dockerd): string {
  return `unix://${join(folder, "docker.sock")}`;
}

/** Starts one and loads the image of this machine into it; undefined where it cannot be had. */
export async function startSaver(
  context: Context,
  upstream: Upstream | undefined,
  tag: string,
): Promise<Saver | undefined> {
  const missing = missingOf({ programs: DOCKER_PROGRAMS, root: true });
  if (upstream === undefined || missing.length > 0) {
    context.say(`docker save is left out: needs ${missing.join(", ") || "upstream's image"}`);
    return undefined;
  }
  const daemon = await startDockerd();
  try {
    const file = join(context.scratch, "for-docker.tar");
    const name = `upstream/pause:${tag}`;
    const copy = ["skopeo", "--insecure-policy", "copy", "--quiet"];
    const places = [`oci-archive:${upstream.archive}:${tag}`, `docker-archive:${file}:${name}`];
    await run([...copy, ...places], { env: { TMPDIR: context.scratch } });
    await daemon.docker("load", "--quiet", "--input", file);
    return { command: [...clientOf(daemon), "save", name], stop: daemon.stop };
  } catch (error) {
    await daemon.stop();
    throw error;
  }
}
