/**
 * The checks of one platform's image.
 *
 * @module
 */
import { checkBinary } from "../elf/check.ts";
import { parseImageConfig } from "../oci/config.ts";
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts";
import { digestOf } from "../oci/digest.ts";
import { parseManifest, READ_LIMIT } from "../oci/document.ts";
import type { ImageConfig, Manifest } from "../oci/manifest.ts";
import { FAMILIES } from "../oci/media-type.ts";
import { formatPlatform, type Platform, samePlatform } from "../oci/platform.ts";
import type { Source } from "../store/source.ts";
import { readAll } from "../store/verify.ts";
import { type CheckResult, demand, runCheck } from "./check.ts";
import { LAYER_LIMIT, type LayerContent, readLayer } from "./read-layer.ts";
import type { StructureOptions } from "./structure.ts";

/** Checks one image. What needs a part that could not be read is not tried, and says so. */
export async function checkImage(
  source: Source,
  descriptor: Descriptor,
  options: StructureOptions,
): Promise<readonly CheckResult[]> {
  const { signal } = options;
  const subject = descriptor.platform ? formatPlatform(descriptor.platform) : descriptor.digest;
  // What a descriptor carries in `data` was checked with it; here it is the source that is looked at.
  const read = (what: Descriptor, limit: number) =>
    readAll(source, plainDescriptor(what), { limit, signal });
  let manifest: Manifest | undefined;
  let config: ImageConfig | undefined;
  let layer: LayerContent | undefined;

  const results = [
    await runCheck(subject, "manifest", async () => {
      const bytes = await read(descriptor, READ_LIMIT);
      manifest = checkManifest(parseManifest(bytes, descriptor.mediaType));
      return `${bytes.byteLength} bytes as ${descriptor.digest}`;
    }),
    await runCheck(subject, "config", async () => {
      const { config: named } = part(manifest, "manifest");
      config = parseImageConfig(await read(named, READ_LIMIT));
      return checkPlatform(config, descriptor.platform);
    }),
    await runCheck(subject, "layer", async () => {
      const [named] = part(manifest, "manifest").layers;
      const bytes = await read(named!, LAYER_LIMIT);
      layer = await readLayer(bytes, signal);
      return checkLayer(layer, part(config, "config"));
    }),
  ];
  const later: [string, () => string][] = [
    ["entry point", () => checkEntrypoint(part(config, "config"), part(layer, "layer"), options)],
    ["user", () => checkUser(part(config, "config"), options)],
    ["labels", () => checkLabels(part(config, "config"), options)],
    ["dates", () => checkDates(part(config, "config"), part(layer, "layer"))],
    ["binary", () => checkProgram(part(config, "config"), part(layer, "layer"), options)],
  ];
  for (const [check, body] of later) {
    results.push(
      (check === "dates" || check === "entry point" || check === "binary") && layer === undefined
        ? notTried(subject, check, "the layer could not be read")
        : config === undefined
          ? notTried(subject, check, "the config could not be read")
          : await runCheck(subject, check, body),
    );
  }
  return results;
}

function notTried(subject: string, check: string, evidence: string): CheckResult {
  return { subject, check, status: "not tried", evidence };
}

function part<T>(value: T | undefined, name: string): T {
  demand(value !== undefined, `the ${name} could not be read`);
  return value;
}

function checkManifest(manifest: Manifest): Manifest {
  const family = Object.values(FAMILIES).find((types) => types.manifest === manifest.mediaType);
  demand(family !== undefined, `media type is ${manifest.mediaType}`);
  const { config, layers } = manifest;
  demand(config.mediaType === family.config, `the config has media type ${config.mediaType}`);
  demand(layers.length === 1, `it has ${layers.length} layers and not one`);
  demand(layers[0]?.mediaType === family.layer, `the layer has media type ${layers[0]?.mediaType}`);
  return manifest;
}

function checkPlatform(config: ImageConfig, platform: Platform | undefined): string {
  const said = formatPlatform(config as Platform);
  demand(
    platform === undefined || samePlatform(config as Platform, platform),
    `it says ${said}, and the index ${platform && formatPlatform(platform)}`,
  );
  return said;
}

function checkLayer(layer: LayerContent, config: ImageConfig): string {
  const ids = config.rootfs.diff_ids;
  demand(ids.length === 1, `the config lists ${ids.length} layers`);
  const found = digestOf(layer.tar);
  demand(ids[0] === found, `unpacked it is ${found}, and the config says ${ids[0]}`);
  demand(layer.files.length === 1, `it holds ${layer.files.length} entries and not one file`);
  demand(layer.files[0]?.type === "file", `/${layer.files[0]?.name} is a folder`);
  return `/${layer.files[0]?.name}, ${layer.files[0]?.content.byteLength} bytes`;
}

function checkEntrypoint(
  config: ImageConfig,
  layer: LayerContent,
  options: StructureOptions,
): string {
  const said = config.config.Entrypoint ?? [];
  const promised = options.entrypoint ?? ["/pause"];
  demand(
    JSON.stringify(said) === JSON.stringify(promised),
    `it is ${JSON.stringify(said)} and not ${JSON.stringify(promised)}`,
  );
  const file = layer.files.find(({ name }) => `/${name}` === said[0]);
  demand(file !== undefined, `${said[0]} is not in the layer`);
  demand(file.mode === 0o755, `${said[0]} has mode ${file.mode.toString(8)} and not 755`);
  demand(file.uid === 0 && file.gid === 0, `${said[0]} belongs to ${file.uid}:${file.gid}`);
  return `${said.join(" ")}, mode 755, owned by root`;
}

function checkUser(config: ImageConfig, options: StructureOptions): string {
  const user = config.config.User ?? "";
  demand(/^[1-9][0-9]*(?::[0-9]+)?$/.test(user), `"${user}" is not numeric, or is root`);
  demand(
    options.user === undefined || user === options.user,
    `it is ${user} and not ${options.user}`,
  );
  return user;
}

function checkLabels(config: ImageConfig, options: StructureOptions): string {
  const said = Object.entries(config.config.Labels ?? {}).sort();
  if (options.labels === undefined) return `${said.length} labels`;
  const promised = Object.entries(options.labels).sort();
  demand(
    JSON.stringify(said) === JSON.stringify(promised),
    `they are ${JSON.stringify(Object.fromEntries(said))}`,
  );
  return said.length === 0 ? "none, as promised" : `${said.length} as promised`;
}

/** One date at most, the same everywhere: SOURCE_DATE_EPOCH, or none. */
function checkDates(config: ImageConfig, layer: LayerContent): string {
  const created = config.created === undefined ? 0 : Date.parse(config.created) / 1000;
  const other = layer.files.find(({ mtime }) => mtime !== created);
  demand(
    other === undefined,
    `/${other?.name} is from ${other?.mtime}, and the config from ${created}`,
  );
  return config.created ?? "none";
}

function checkProgram(config: ImageConfig, layer: LayerContent, options: StructureOptions): string {
  const bytes = layer.files[0]?.content ?? new Uint8Array();
  const { class: bits, byteOrder, machine } = checkBinary(bytes, config as Platform, options.stamp);
  return `${bits} bit, ${byteOrder}-endian, machine ${machine}${options.stamp ? `, stamped ${options.stamp}` : ""}`;
}
