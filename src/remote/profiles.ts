/**
 * What is known of registries before they are asked. Rows of data: no code looks at a name. What a row does not say is
 * found out by trying, and remembered (`knowledge.ts`).
 *
 * @module
 */
import { HiatusError } from "../errors.ts";

/**
 * How a blob is uploaded: all in one POST; POST and PUT; POST, PATCH and PUT.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 */
export type UploadWay = "post" | "put" | "patch";

/** What is known of a kind of registry. */
export interface Profile {
  /** As `profile` of the options and mirrors files name it. */
  readonly name: string;
  /** Hosts on which it is found, `*` standing for anything. */
  readonly hosts: readonly string[];
  /** Ways to upload, the first to be tried first. */
  readonly upload: readonly UploadWay[];
  /** Bytes of a PATCH, when there may be more than one of an upload. */
  readonly chunk: number;
  /** Does a second PATCH of an upload count? Where it does not, one PATCH carries everything. */
  readonly manyChunks: boolean;
  /** Tags that are asked for at a time. */
  readonly page: number;
  /** Is the referrers API asked, or only the tag that stands in for it? */
  readonly referrers: "probe" | "tag";
  /** Statuses of a HEAD that mean that nothing is there. */
  readonly absent: readonly number[];
  /** Does a HEAD of a manifest say what a GET then gives? */
  readonly trueHeads: boolean;
  /** Does it refuse the media type of an empty config, and artifacts with it? */
  readonly refusesEmptyConfig: boolean;
  /** Does it refuse Docker's media types unless told otherwise? */
  readonly refusesDockerTypes: boolean;
  /** Does it delete what has lost its last tag? */
  readonly deletesUntagged: boolean;
  /** What must be there before the first push, and who makes it. */
  readonly needs: string | undefined;
}

const MIB = 1024 * 1024;

/** The row that holds where nothing else is known, and that the other rows vary. */
const PLAIN: Profile = {
  name: "default",
  hosts: [],
  upload: ["post", "put", "patch"],
  chunk: 4 * MIB,
  manyChunks: true,
  page: 1000,
  referrers: "probe",
  absent: [404],
  trueHeads: true,
  refusesEmptyConfig: false,
  refusesDockerTypes: false,
  deletesUntagged: false,
  needs: undefined,
};

/** The rows. */
export const PROFILES: readonly Profile[] = [
  PLAIN,
  {
    ...PLAIN,
    name: "dockerhub",
    hosts: ["docker.io", "registry-1.docker.io", "index.docker.io"],
  },
  {
    ...PLAIN,
    name: "ecr",
    hosts: [
      "*.dkr.ecr.*.amazonaws.com",
      "*.dkr.ecr.*.amazonaws.com.cn",
      "*.dkr.ecr-fips.*.amazonaws.com",
      "*.dkr-ecr.*.on.aws",
      "public.ecr.aws",
    ],
    // Its answers stay at the end of the first chunk (aws/containers-roadmap issue 2831).
    manyChunks: false,
    deletesUntagged: true,
    needs: "the repository, unless its registry is set to create it on push",
  },
  { ...PLAIN, name: "ghcr", hosts: ["ghcr.io"], chunk: 4 * MIB, referrers: "tag" },
  { ...PLAIN, name: "gar", hosts: ["*.pkg.dev", "gcr.io", "*.gcr.io"], manyChunks: false },
  { ...PLAIN, name: "acr", hosts: ["*.azurecr.io", "*.azurecr.cn", "*.azurecr.us"] },
  {
    ...PLAIN,
    name: "harbor",
    hosts: ["demo.goharbor.io"],
    trueHeads: false,
    needs: "the project",
  },
  { ...PLAIN, name: "quay", hosts: ["quay.io"] },
  { ...PLAIN, name: "aliyun", hosts: ["*.aliyuncs.com"], refusesEmptyConfig: true },
  { ...PLAIN, name: "huawei", hosts: ["swr.*.myhuaweicloud.com"], refusesEmptyConfig: true },
  { ...PLAIN, name: "nexus", hosts: [], needs: "the hosted repository" },
  {
    ...PLAIN,
    name: "artifactory",
    hosts: ["*.jfrog.io"],
    upload: ["patch"],
    absent: [404, 403],
    needs: "the repository key",
  },
  { ...PLAIN, name: "gitlab", hosts: ["registry.gitlab.com"], needs: "the project" },
  { ...PLAIN, name: "zot", hosts: [], refusesDockerTypes: true },
  {
    ...PLAIN,
    name: "distribution",
    hosts: [],
    upload: ["put", "patch"],
    referrers: "tag",
  },
];

/**
 * The row of a registry.
 *
 * @param registry as references name it: `docker.io`, `123.dkr.ecr.eu-central-1.amazonaws.com`, `mirror.example:5000`.
 * @param name of a row, to be taken whatever the host.
 * @throws HiatusError `CONFIG` when no row has that name.
 */
export function profileOf(registry: string, name?: string): Profile {
  if (name !== undefined) {
    const named = PROFILES.find((profile) => profile.name === name);
    if (named !== undefined) return named;
    const known = PROFILES.map((profile) => profile.name).join(", ");
    throw new HiatusError("CONFIG", `There is no profile "${name.slice(0, 80)}"`, {
      detail: { profile: name.slice(0, 80) },
      hint: `Use one of ${known}`,
    });
  }
  const host = registry.replace(/:[0-9]+$/, "").toLowerCase();
  return PROFILES.find(({ hosts }) => hosts.some((pattern) => matches(host, pattern))) ?? PLAIN;
}

/** Does a host follow a pattern? The pieces between the stars are looked for from left to right. */
function matches(host: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return host === pattern;
  if (!host.startsWith(first) || !host.endsWith(last)) return false;
  const end = host.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = host.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  // Each star stands for something.
  return at < end;
}
