/** Reports of every kind, the same at every run, for tests of their three forms. */
import type { ErrorCode } from "../../src/errors.ts";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import type { MirrorCheck } from "../../src/release/check.ts";
import type {
  Mirror,
  MirrorFailure,
  MirrorOutcome,
  ReleaseResult,
  TagOutcome,
} from "../../src/release/model.ts";
import type { Happened } from "../../src/release/report/happened.ts";
import type { ReleaseReport, ReportVariant, Span } from "../../src/release/report/model.ts";
import { reportOf, reportOfCheck, reportOfRollback } from "../../src/release/report/report-of.ts";

/** Text that would do harm wherever it is not escaped. */
export const HOSTILE =
  "<script>alert(1)</script><img src=x onerror=alert(1)> | `x` [a](http://evil.example) **b** \u001b[31m \u202etxt.exe\n# head\n@root &amp; </style> ```";

export const PLATFORMS = [
  ...["amd64", "386", "arm64", "arm/v5", "arm/v6", "arm/v7", "ppc64le", "s390x", "riscv64"],
  ...["loong64", "mips64le"],
].map((name) => `linux/${name}`);

/** A digest that looks like one. */
export function digestFor(text: string): Digest {
  return digestOf(new TextEncoder().encode(text));
}

/** The image in one form. */
export function sampleVariant(format: "oci" | "docker" = "oci"): ReportVariant {
  const index = {
    mediaType: format === "oci" ? MediaType.ociIndex : MediaType.dockerIndex,
    digest: digestFor(`index ${format}`),
    size: 2579,
  };
  return {
    format,
    inline: "none",
    index,
    platforms: PLATFORMS.map((platform, at) => ({
      platform,
      manifest: {
        mediaType: format === "oci" ? MediaType.ociManifest : MediaType.dockerManifest,
        digest: digestFor(`${platform} ${format}`),
        size: 610,
      },
      download: 1340 + at * 37,
    })),
    attachments:
      format === "docker"
        ? []
        : [
            {
              mediaType: MediaType.ociManifest,
              digest: digestFor("sbom"),
              size: 812,
              artifactType: "application/vnd.cyclonedx+json",
              subject: index.digest,
              tag: null,
            },
            {
              mediaType: MediaType.ociManifest,
              digest: digestFor("signature"),
              size: 558,
              artifactType: "application/vnd.dev.cosign.simplesigning.v1+json",
              subject: digestFor("linux/amd64 oci"),
              tag: `sha256-${digestFor("linux/amd64 oci").slice(7)}.sig`,
            },
          ],
  };
}

const NAMES = [
  ["ghcr", "ghcr.io", "example/pause", "ghcr"],
  ["ecr-frankfurt", "123456789012.dkr.ecr.eu-central-1.amazonaws.com", "pause", "ecr"],
  ["harbor", "harbor.example.com:8443", "kubernetes/pause", "harbor"],
  ["quay", "quay.io", "example/pause", "quay"],
  ["aliyun-hangzhou", "registry.cn-hangzhou.aliyuncs.com", "example/pause", "aliyun"],
  ["gitlab", "registry.gitlab.com", "example/platform/images/pause", "gitlab"],
  ["artifactory", "example.jfrog.io", "docker-local/pause", "artifactory"],
  ["zot-lab", "zot.lab.example:5000", "pause", "zot"],
  ["old-datacentre", "registry.dc1.example:5000", "pause", "distribution"],
  ["edge", "127.0.0.1:5000", "pause", "hiatus"],
] as const;

/** A mirror: the first ten have names of their own. */
export function sampleMirror(at: number, changes: Partial<Mirror> = {}): Mirror {
  const number = String(at).padStart(3, "0");
  const [name, registry, repository, profile] = NAMES[at] ?? [
    `site-${number}`,
    `registry.site-${number}.example`,
    "kubernetes/pause",
    "distribution",
  ];
  return {
    name,
    registry,
    repository,
    tags: ["3.10.2", "3.10", "3"],
    required: true,
    format: "oci",
    inline: "none",
    attachments: "best-effort",
    profile,
    connection: {
      credentials: { kind: "environment", username: "THE_USER", password: "THE_PASSWORD" },
      ca: undefined,
      cert: undefined,
      key: undefined,
      insecure: false,
      plainHttp: registry.startsWith("127."),
      proxy: "http://user:hunter2@proxy.example:3128",
      concurrency: undefined,
      rate: undefined,
    },
    ...changes,
  };
}

export type Ending =
  | "released"
  | "unchanged"
  | "staged"
  | "planned"
  | "waiting"
  | "refused"
  | "raced"
  | "unreachable"
  | "broken"
  | "bare";

/** What became of a mirror. */
export function sampleOutcome(
  at: number,
  ending: Ending,
  changes: Partial<Mirror> = {},
  message?: string,
): MirrorOutcome {
  const mirror = sampleMirror(at, changes);
  const { mediaType, size } = sampleVariant(mirror.format).index;
  const digest = digestFor(`index ${mirror.format}`);
  const tags = mirror.tags.map((tag, i): TagOutcome => {
    // The first is new, the others name the version before.
    const before = i === 0 ? undefined : digestFor("old");
    switch (ending) {
      case "released":
      case "bare":
        return { tag, before, after: digest, result: before === undefined ? "created" : "moved" };
      case "unchanged":
        return { tag, before: digest, after: digest, result: "kept" };
      case "raced":
        if (i === 0) return { tag, before, after: digest, result: "created" };
        if (i === 1) return { tag, before, after: digestFor("theirs"), result: "raced" };
        return { tag, before, after: before, result: "not moved" };
      case "refused":
        if (i === 0) return { tag, before, after: digest, result: "created" };
        if (i === 1) return { tag, before, after: undefined, result: "failed" };
        return { tag, before, after: before, result: "not moved" };
      default:
        return { tag, before, after: before, result: "not moved" };
    }
  });
  const place = `${mirror.registry}/${mirror.repository}`;
  const failure = failureFor(ending, place, message);
  const wave = (base: number) => Math.round(base * (1 + ((at * 7919) % 13) / 9));
  const phases = PHASES[ending];
  return {
    mirror,
    root: ending === "unreachable" ? undefined : { digest, mediaType, size },
    profile: ending === "unreachable" ? undefined : mirror.profile,
    result: RESULTS[ending],
    failures: failure === undefined ? [] : [failure],
    tags: ending === "unreachable" ? [] : tags,
    timings: Object.fromEntries(
      phases.map((phase) => [phase, wave(TIMES[phase])]),
    ) as MirrorOutcome["timings"],
    requests: phases.length * 14 + at,
    bytes: phases.includes("stage") ? 24_310 + at * 11 : 0,
  };
}

const TIMES = { preflight: 180, stage: 640, "read-back": 310, tags: 420 };
const ALL = ["preflight", "stage", "read-back", "tags"] as const;
const PHASES: Readonly<Record<Ending, readonly (keyof typeof TIMES)[]>> = {
  released: ALL,
  bare: ALL,
  unchanged: ["preflight"],
  staged: ["preflight", "stage", "read-back"],
  planned: ["preflight"],
  waiting: ["preflight", "stage", "read-back"],
  refused: ALL,
  raced: ALL,
  unreachable: ["preflight"],
  broken: ["preflight", "stage"],
};
const RESULTS: Readonly<Record<Ending, MirrorOutcome["result"]>> = {
  released: "released",
  bare: "released",
  unchanged: "unchanged",
  staged: "staged",
  planned: "not tried",
  waiting: "staged",
  refused: "failed",
  raced: "failed",
  unreachable: "failed",
  broken: "failed",
};

function failureFor(ending: Ending, place: string, message?: string): MirrorFailure | undefined {
  const make = (
    phase: MirrorFailure["phase"],
    code: ErrorCode,
    text: string,
    hint: string,
    attachmentsOnly = false,
  ): MirrorFailure => ({
    phase,
    code,
    message: message ?? text,
    hint: message === undefined ? hint : `${hint}: ${message}`,
    ...(attachmentsOnly ? { attachmentsOnly } : {}),
  });
  switch (ending) {
    case "unreachable":
      return make(
        "preflight",
        "NETWORK",
        `${place.split("/")[0]} cannot be reached: connect ECONNREFUSED 192.0.2.7:443`,
        "Look whether the registry runs and whether a firewall is in between, then run it again",
      );
    case "refused":
      return make(
        "tags",
        "REGISTRY",
        `${place}:3.10 was refused: 409 TAG_IMMUTABLE: the tag "3.10" is immutable`,
        "Leave this tag out for this mirror, or make it mutable in the registry's settings",
      );
    case "raced":
      return make(
        "tags",
        "RACE",
        `Somebody else moved it to ${digestFor("theirs")}: ${place}:3.10`,
        "Find out who releases there, then go on with --resume --yes, or put the old tags back with --rollback",
      );
    case "broken":
      return make(
        "stage",
        "REGISTRY",
        `POST https://${place}/blobs/uploads/ was answered 507 Insufficient Storage three times`,
        "Make room in the registry, then go on with --resume",
      );
    case "bare":
      return make(
        "stage",
        "REGISTRY",
        `${place} refuses the attachment ${digestFor("sbom").slice(0, 19)}…: 400 MANIFEST_INVALID: config media type application/vnd.oci.empty.v1+json is not supported`,
        "Nothing has to be done for the image; say attachments: none for this mirror to be asked no more",
        true,
      );
    default:
      return undefined;
  }
}

/** A release of mirrors that ended so. */
export function sampleReport(
  outcomes: readonly MirrorOutcome[],
  result: ReleaseResult["result"],
): ReleaseReport {
  const formats = [...new Set(outcomes.map(({ mirror }) => mirror.format))];
  const variants = formats.map(sampleVariant);
  const longest = (...phases: (keyof typeof TIMES)[]) =>
    Math.max(
      ...outcomes.map(({ timings }) => phases.reduce((sum, one) => sum + (timings[one] ?? 0), 0)),
    );
  const isOpen = result === "failed" && outcomes.some(({ timings }) => timings.stage);
  return reportOf(
    {
      image: { name: "pause", version: "3.10.2" },
      variants: variants.map(({ format, inline, index }) => ({
        format,
        inline,
        root: { ...index, digest: index.digest as Digest },
      })),
      result,
      mirrors: outcomes,
      journal: isOpen ? "dist/release/pause-3.10.2.ndjson" : undefined,
      started: "2026-03-04T05:06:07.890Z",
      milliseconds: 14 + longest("preflight") + longest("stage", "read-back") + longest("tags"),
    },
    { hiatus: "0.1.0", variants },
  );
}

/** `count` mirrors, of which some end otherwise. */
export function outcomesOf(
  count: number,
  endings: Readonly<Record<number, Ending>>,
  otherwise: Ending,
  changes: (at: number) => Partial<Mirror> = () => ({}),
): readonly MirrorOutcome[] {
  return Array.from({ length: count }, (_, at) =>
    sampleOutcome(at, endings[at] ?? otherwise, changes(at)),
  );
}

const NODE_TAGS = ["3.1", "3.2", "3.4.1", "3.5", "3.6", "3.7", "3.8", "3.9", "3.10", "3.10.1"];

/** Reports by what they show. */
export const SAMPLES = {
  one: () => sampleReport(outcomesOf(1, {}, "released"), "released"),
  ten: () =>
    sampleReport(
      outcomesOf(10, { 3: "unchanged", 4: "bare", 8: "unreachable" }, "released", (at) =>
        at === 8 ? { required: false, format: "docker" } : {},
      ),
      "released",
    ),
  failed: () =>
    sampleReport(
      outcomesOf(
        10,
        { 0: "released", 1: "refused", 2: "raced", 4: "broken", 5: "broken", 8: "unreachable" },
        "waiting",
        (at) => (at === 8 ? { required: false, format: "docker" } : {}),
      ),
      "failed",
    ),
  hundred: () =>
    sampleReport(
      outcomesOf(
        100,
        { 7: "broken", 21: "refused", 33: "unreachable", 64: "bare", 80: "broken", 81: "broken" },
        "released",
        (at) => ({
          tags: ["3.10.2", ...NODE_TAGS],
          required: at !== 33 && at !== 80,
          format: at % 10 === 9 ? "docker" : "oci",
        }),
      ),
      "failed",
    ),
  /** More tags than there are columns for. */
  broad: () =>
    sampleReport(
      outcomesOf(7, { 2: "raced", 5: "unchanged" }, "released", (at) => ({
        tags: ["3.10.2", ...NODE_TAGS, ...["a", "b", "c", "d"].map((one) => `${one}-${at}`)],
      })),
      "failed",
    ),
  unchanged: () => sampleReport(outcomesOf(3, {}, "unchanged"), "unchanged"),
  planned: () => sampleReport(outcomesOf(3, {}, "planned"), "planned"),
  staged: () => sampleReport(outcomesOf(3, {}, "staged"), "staged"),
  drifted: () => sampleCheck(),
  same: () => sampleCheck([]),
  rollback: () => sampleRollback(),
  hostile: () =>
    sampleReport(
      [
        sampleOutcome(0, "broken", {}, HOSTILE),
        sampleOutcome(1, "unreachable", { required: false }, HOSTILE),
        sampleOutcome(2, "released", { repository: `x/${HOSTILE}`, tags: [HOSTILE] }),
      ],
      "failed",
    ),
} as const;

/** The name of a sample. */
export type SampleName = keyof typeof SAMPLES;

/** What happened in a run of one phase. */
export function happenedOf(
  mirrors: readonly Mirror[],
  phase: Span["phase"],
  warnings: ReleaseReport["warnings"] = [],
): Happened {
  const spans = mirrors.map(({ name }, at) => {
    const end = 300 + ((at * 7919) % 400);
    return [name, [{ phase, begin: 0, end }]] as const;
  });
  const end = Math.max(0, ...spans.map(([, [span]]) => span?.end ?? 0));
  return {
    started: "2026-03-04T05:06:07.890Z",
    milliseconds: end,
    phases: [{ phase, begin: 0, end }],
    mirrors: new Map(spans),
    warnings,
  };
}

function sampleCheck(drifting: readonly number[] = [1, 4]): ReleaseReport {
  const mirrors = Array.from({ length: 6 }, (_, at) => sampleMirror(at));
  const { index } = sampleVariant();
  const checks = mirrors.map((mirror, at): MirrorCheck => {
    if (at === 5 && drifting.length > 0) {
      const why = failureFor("unreachable", mirror.registry);
      const failure = why && { ...why, phase: "read-back" as const };
      return { mirror, status: "failed", compared: 0, findings: [], failure };
    }
    if (!drifting.includes(at)) {
      return { mirror, status: "same", compared: 41, findings: [], failure: undefined };
    }
    const findings = [
      { what: "tag 3.10", expected: index.digest, found: digestFor("theirs") },
      { what: "tag 3", expected: index.digest, found: "absent" },
      {
        what: "linux/arm/v7 layer",
        expected: digestFor("layer"),
        found: "damaged: Content has another digest",
      },
    ];
    return {
      mirror,
      status: "drifted",
      compared: 41,
      findings: at === 1 ? findings : findings.slice(2),
      failure: undefined,
    };
  });
  return reportOfCheck({ name: "pause", version: "3.10.2" }, checks, {
    hiatus: "0.1.0",
    variants: [sampleVariant()],
    happened: happenedOf(mirrors, "read-back"),
  });
}

function sampleRollback(): ReleaseReport {
  const mirrors = Array.from({ length: 3 }, (_, at) => sampleMirror(at));
  const ours = sampleVariant().index.digest as Digest;
  const back = (tag: string, after: Digest | undefined, result: TagOutcome["result"]) => ({
    tag,
    before: ours,
    after,
    result,
  });
  return reportOfRollback(
    {
      image: "pause",
      version: "3.10.2",
      result: "failed",
      mirrors: mirrors.map(({ name, registry }, at) => ({
        mirror: name,
        tags: [
          back("3", digestFor("old"), at === 2 ? "not moved" : "restored"),
          at === 1
            ? back("3.10", digestFor("theirs"), "raced")
            : back("3.10", digestFor("old"), "restored"),
          at === 2 ? back("3.10.2", ours, "failed") : back("3.10.2", undefined, "restored"),
        ],
        failures: [
          ...(at === 1
            ? [
                {
                  phase: "rollback",
                  code: "RACE",
                  message: `${registry}/pause:3.10 is not ours any more and was left alone`,
                  hint: "Find out who moved it; what it named before the release stands in the journal",
                } as const,
              ]
            : []),
          ...(at === 2
            ? [
                {
                  phase: "rollback",
                  code: "REGISTRY",
                  message: `${registry}/pause:3.10.2 named nothing before, and this registry cannot take a tag away`,
                  hint: "Delete the tag in the registry's own interface",
                } as const,
              ]
            : []),
        ],
      })),
    },
    mirrors,
    "dist/release/pause-3.10.2.ndjson",
    {
      hiatus: "0.1.0",
      variants: [sampleVariant()],
      happened: happenedOf(mirrors, "rollback", [
        { mirror: "ecr-frankfurt", message: "The registry answers slowly", hint: null },
      ]),
    },
  );
}
