/**
 * Who pushes: hiatus in each runtime, and the others.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findRuntimes } from "../build/runtimes.ts";
import type { Context } from "../context.ts";
import type { Authority } from "../net/authority.ts";
import type { Image } from "../net/image.ts";
import { referenceAt, type Target } from "../net/target.ts";

/** A program that brings an image from a layout to registries. */
export interface Tool {
  readonly name: string;
  readonly ours: boolean;
  /** The command for these registries: all of them for ours, exactly one for the others. */
  command(targets: readonly Target[]): readonly string[];
}

/** Debian packages. */
export const TOOL_PACKAGES = ["skopeo"];

/** What tools need that is not in their commands. */
export interface ToolSettings {
  readonly image: Image;
  /** Who signed for registries that speak TLS. */
  readonly authority?: Authority | undefined;
  /** Every registry that anybody will be asked to push to. */
  readonly targets: readonly Target[];
}

/** The environment of every tool: nobody's credentials, no proxy, the bench's own authority. */
export async function toolEnvironment(
  { scratch }: Context,
  { authority, targets }: ToolSettings,
): Promise<Readonly<Record<string, string>>> {
  const home = join(scratch, "home");
  await mkdir(home, { recursive: true });
  const hosts = targets.map(({ host, secure }) => [host, { tls: secure ? "enabled" : "disabled" }]);
  const settings = join(home, "regctl.json");
  await writeFile(settings, JSON.stringify({ hosts: Object.fromEntries(hosts) }));
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
  const none = proxies.flatMap((name) => [
    [name, ""],
    [name.toLowerCase(), ""],
  ]);
  return {
    ...Object.fromEntries(none),
    HOME: home,
    XDG_RUNTIME_DIR: home,
    DOCKER_CONFIG: home,
    REGCTL_CONFIG: settings,
    TMPDIR: scratch,
    // crane and regctl have no option for it; Go reads this one.
    ...(authority === undefined ? {} : { SSL_CERT_FILE: authority.certificate }),
  };
}

/** Ours, on each runtime that can be had. */
export async function ourTools(
  context: Context,
  { image, authority }: ToolSettings,
): Promise<readonly Tool[]> {
  const runtimes = await findRuntimes(context);
  return runtimes.map(({ name, hiatus }) => ({
    name: `hiatus push, ${name}`,
    ours: true,
    command: (targets) => [
      ...[...hiatus, "push", "--quiet", ...trust(targets, authority)],
      `oci:${image.layout}:${image.tag}`,
      ...targets.map((target) => referenceAt(target, image.tag)),
    ],
  }));
}

function trust(targets: readonly Target[], authority: Authority | undefined): readonly string[] {
  return authority !== undefined && targets.some(({ secure }) => secure)
    ? ["--ca", authority.certificate]
    : [];
}

/** Those of the others that can be had. */
export async function peerTools(
  context: Context,
  { image: { layout, tag }, authority }: ToolSettings,
): Promise<readonly Tool[]> {
  const tools: Tool[] = [];
  const add = (name: string, command: (target: Target, reference: string) => readonly string[]) =>
    tools.push({
      name,
      ours: false,
      command([target, ...others]) {
        if (target === undefined || others.length > 0) throw new Error(`${name} pushes to one`);
        return command(target, referenceAt(target, tag));
      },
    });
  const leave = (name: string, why: string) => context.say(`${name} is left out: ${why}`);

  const why = await context.need(TOOL_PACKAGES);
  if (why !== undefined) leave("skopeo", why);
  else {
    add("skopeo copy --all", ({ secure }, reference) => [
      ...["skopeo", "--insecure-policy", "copy", "--quiet", "--all"],
      secure ? `--dest-cert-dir=${authority?.folder}` : "--dest-tls-verify=false",
      ...[`oci:${layout}:${tag}`, `docker://${reference}`],
    ]);
  }
  for (const name of ["crane", "regctl", "oras"] as const) {
    const provided = await context.peer(name);
    if ("missing" in provided) {
      leave(name, provided.missing);
      continue;
    }
    const { program } = provided;
    if (name === "crane") {
      add("crane push", (_, reference) => [program, "push", layout, reference]);
    } else if (name === "regctl") {
      const from = `ocidir://${layout}:${tag}`;
      add("regctl image copy", (_, reference) => [program, "image", "copy", from, reference]);
    } else {
      add("oras cp -r", ({ secure }, reference) => [
        ...[program, "cp", "-r", "--no-tty", "--from-oci-layout", `${layout}:${tag}`],
        ...(secure ? ["--to-ca-file", authority?.certificate ?? ""] : ["--to-plain-http"]),
        reference,
      ]);
    }
  }
  return tools;
}
