/**
 * containerd 1.6 to 2.4. Three things change with its version: the name of the setting, whether drop-ins are read unasked, and
 * what a drop-in does to a section that the main file has too.
 *
 * @see https://github.com/containerd/containerd/blob/v2.4.2/docs/cri/config.md (both names of the setting)
 * @see https://github.com/containerd/containerd/blob/v2.4.2/docs/hosts.md (certs.d, hosts.toml)
 * @see https://github.com/containerd/containerd/pull/12323 (conf.d is imported by default since 2.2)
 * @see https://github.com/containerd/containerd/blob/v1.7.28/services/server/config/config.go (mergeConfig: 1.x replaces whole sections)
 * @see https://github.com/containerd/containerd/pull/12891 (a drop-in may not have a higher version than the main file)
 * @module
 */
import { parse, stringify, type TomlTable } from "smol-toml";
import { HiatusError } from "../../errors.ts";
import { CONTAINERD, mustBeKnown } from "../known.ts";
import type { CheckedRequest, NodeConfig, NodeFile } from "../node-config.ts";
import { atLeast } from "../version.ts";

const MAIN = "/etc/containerd/config.toml";
const DROP_INS = "/etc/containerd/conf.d";
const CERTS = "/etc/containerd/certs.d";
/** The section of both, in configurations of version 2. */
const CRI = "io.containerd.grpc.v1.cri";
/** The section of images, from version 3 on. */
const IMAGES = "io.containerd.cri.v1.images";

/** Writes it. */
export function containerdConfig(request: CheckedRequest): NodeConfig {
  const { version, image, kubernetes, mirror } = request;
  mustBeKnown(version, [...CONTAINERD], "containerd");
  const main = readMain(request.existing);
  const isOld = !atLeast(version, "2.0");
  const newest = isOld ? 2 : 3;
  // A drop-in above the main file's version keeps that from being migrated, and then its settings are lost.
  const written = main?.version === undefined ? newest : Math.min(newest, main.version);
  // Since 2.2 it is the default, unless the registry section of old is in use.
  const needsCerts = mirror !== undefined && (!atLeast(version, "2.2") || main?.mirrors === true);
  const settings = written < 3 ? settingsV2(image, needsCerts) : settingsV3(image, needsCerts);
  const kept = isOld ? keep(main?.cri, settings) : settings;
  const dropIn: NodeFile = {
    path: `${DROP_INS}/50-hiatus-pause.toml`,
    content: `${stringify({ version: written, plugins: kept })}`.trimEnd().concat("\n"),
    about:
      isOld && main?.cri !== undefined
        ? "Sets the sandbox image, and repeats the rest of the section, which a drop-in replaces as a whole"
        : "Sets the sandbox image",
  };
  return {
    files: [dropIn, ...(mirror === undefined ? [] : [hostsFile(request)])],
    edits: importsEdit(request, main),
    restart: ["systemctl restart containerd"],
    look: [
      {
        command: `containerd config dump | grep -E 'sandbox(_image)? ='`,
        shows: image,
      },
      { command: "crictl info | grep -i sandbox", shows: `"${image}"` },
    ],
    warnings: [
      ...(isOld && main?.cri === undefined
        ? [
            `containerd 1.x takes a drop-in's [plugins."${CRI}"] in place of the main file's, not besides: if ${MAIN} has settings there (SystemdCgroup is one), run this with --existing ${MAIN}`,
          ]
        : []),
      ...(main?.mirrors === true && needsCerts
        ? [
            `${MAIN} has registry.mirrors, and containerd refuses config_path beside them: move those to ${CERTS} and take them out`,
          ]
        : []),
      ...(!isOld && main === undefined
        ? [
            `The drop-in has version ${written}: if ${MAIN} has "version = 2", run this with --existing ${MAIN}, or its settings are not migrated`,
          ]
        : []),
      ...(isOld && atLeast(kubernetes, "1.36")
        ? ["Kubernetes 1.35 was the last that is meant for containerd 1.x"]
        : []),
      ...(mirror === undefined
        ? []
        : [
            "The sandbox image is pulled without a Pod's credentials (containerd issue 10916): where the mirror asks for a password, load the image instead (hiatus load)",
          ]),
    ],
  };
}

/** What matters of the main file. */
interface Main {
  readonly version: number | undefined;
  readonly imports: readonly string[] | undefined;
  readonly cri: TomlTable | undefined;
  readonly mirrors: boolean;
}

function readMain(text: string | undefined): Main | undefined {
  if (text === undefined) return undefined;
  let table: TomlTable;
  try {
    table = parse(text);
  } catch (cause) {
    throw new HiatusError(
      "CONFIG",
      `The existing configuration of containerd is not TOML: ${firstLine(cause)}`,
      {
        cause,
        hint: "containerd does not start with it either; mend it first",
      },
    );
  }
  const plugins = tableOf(table.plugins);
  const cri = tableOf(plugins?.[CRI]);
  const registry = tableOf(cri?.registry) ?? tableOf(tableOf(plugins?.[IMAGES])?.registry);
  const { version, imports } = table;
  if (version === undefined || Number(version) < 2) {
    throw new HiatusError(
      "CONFIG",
      "The existing configuration of containerd is of version 1, which is not read beside later ones",
      {
        hint: "Migrate it: containerd config migrate > config.toml (containerd 1.7 and later), or write it anew",
      },
    );
  }
  return {
    version: Number(version),
    imports: Array.isArray(imports) ? imports.map(String) : undefined,
    cri,
    mirrors: Object.keys(tableOf(registry?.mirrors) ?? {}).length > 0,
  };
}

function settingsV2(image: string, certs: boolean): TomlTable {
  return {
    [CRI]: { sandbox_image: image, ...(certs ? { registry: { config_path: CERTS } } : {}) },
  };
}

function settingsV3(image: string, certs: boolean): TomlTable {
  return {
    [IMAGES]: {
      pinned_images: { sandbox: image },
      ...(certs ? { registry: { config_path: CERTS } } : {}),
    },
  };
}

/** The section that was there with the new settings in it. */
function keep(cri: TomlTable | undefined, settings: TomlTable): TomlTable {
  if (cri === undefined) return settings;
  const ours = tableOf(settings[CRI]) ?? {};
  const registry = { ...tableOf(cri.registry), ...tableOf(ours.registry) };
  return { [CRI]: { ...cri, ...ours, ...(Object.keys(registry).length > 0 ? { registry } : {}) } };
}

/** Where drop-ins are not read unasked, the main file has to ask. */
function importsEdit({ version }: CheckedRequest, main: Main | undefined): readonly NodeFile[] {
  const pattern = `${DROP_INS}/*.toml`;
  if (main?.imports?.includes(pattern)) return [];
  if (main === undefined && atLeast(version, "2.2")) {
    return [
      {
        path: MAIN,
        content: `imports = ["${pattern}"]\n`,
        about:
          "Only if that file exists without it: containerd 2.2 reads conf.d by itself where there is no main file",
      },
    ];
  }
  const imports = [...(main?.imports ?? []), pattern];
  const head = main === undefined ? `version = ${atLeast(version, "2.0") ? 3 : 2}\n` : "";
  return [
    {
      path: MAIN,
      content: `${head}imports = ${JSON.stringify(imports)}\n`,
      about: "Above the first section, so that drop-ins are read; a version that is there stays",
    },
  ];
}

/** Nothing but the mirror is asked: behind an air gap the upstream's name only costs a time-out. */
function hostsFile({ reference, mirror }: CheckedRequest): NodeFile {
  const url = mirror?.url ?? "";
  return {
    path: `${CERTS}/${reference.registry}/hosts.toml`,
    content: `server = "${url}"\n\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`,
    about: `Pulls of ${reference.registry}/… go to the mirror and nowhere else; read at each pull`,
  };
}

function tableOf(value: unknown): TomlTable | undefined {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  return isTable && !(value instanceof Date) ? (value as TomlTable) : undefined;
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n", 1)[0] ?? "";
}
