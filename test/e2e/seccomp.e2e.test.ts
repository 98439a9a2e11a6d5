import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, type TestContext } from "vitest";
import { runtimeDefault } from "../../src/verify/seccomp.ts";
import { run } from "../runtime/command.ts";
import { CONTAINERD_PROGRAMS, type Containerd, startContainerd } from "../runtime/containerd.ts";
import { DOCKER_PROGRAMS, type Dockerd, startDockerd } from "../runtime/dockerd.ts";
import { compileFilterOf } from "../runtime/filter-of.ts";
import { describeWith } from "../runtime/needs.ts";
import { buildPause, type PauseImage } from "../runtime/pause-image.ts";
import { type Filter, readFilter } from "../verify/bpf-machine.ts";
import {
  ALLOW,
  judge,
  KINDS,
  type Profile,
  tellingNumbers,
  tellingValues,
} from "../verify/seccomp-profile.ts";

const goarch = process.arch === "x64" ? "amd64" : process.arch;
const PINNED = fileURLToPath(
  new URL(`../golden/seccomp/containerd-2.4.2-${goarch}.json`, import.meta.url),
);

/** Calls that two filters answer differently. */
interface Differences {
  /** Ours allows them, whatever the arguments are, and the other never does. */
  readonly more: readonly string[];
  /** The reverse. */
  readonly less: readonly string[];
  readonly otherwise: readonly string[];
}

/** Younger than libseccomp 2.5.4, which does not know their names. */
const YOUNGER = [
  ...["uretprobe", "statmount", "listmount", "lsm_get_self_attr", "lsm_set_self_attr"],
  ...["lsm_list_modules", "mseal", "setxattrat", "getxattrat", "listxattrat", "removexattrat"],
];

const SINCE_1_6: Differences = {
  more: [
    ...["name_to_handle_at", "process_vm_readv", "process_vm_writev", "cachestat", "fchmodat2"],
    ...["map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue", ...YOUNGER],
  ],
  less: ["io_uring_setup", "io_uring_enter", "io_uring_register"],
  // The first got ENOSYS for being younger than the profile, and the second let pass every family.
  otherwise: ["set_mempolicy_home_node", "socket"],
};

/** How ours, which is containerd 2.4.2's, differs from Debian's on x86_64. In docs/verification.md this is told in words. */
const KNOWN: Readonly<Record<string, Differences>> = {
  "containerd 1.6.20": SINCE_1_6,
  "docker 20.10.24": {
    ...SINCE_1_6,
    more: [...SINCE_1_6.more, "pkey_mprotect", "pkey_alloc", "pkey_free"],
  },
  // The last one it knows, but not as a call of x32.
  "libseccomp 2.5.4": { more: [...YOUNGER, "map_shadow_stack"], less: [], otherwise: [] },
};

/** Skips the test when another version is installed, whose differences nobody has looked at. */
function knownOf(context: TestContext, name: string, version: string): Differences {
  const full = `${name} ${/^[0-9.]+/.exec(version)?.[0]}`;
  const known = process.arch === "x64" ? KNOWN[full] : undefined;
  return known ?? context.skip(`it is not known how ${full} differs on ${process.arch}`);
}

/** What a runtime has done for a container. */
interface Filtered {
  /** `linux.seccomp` of its config.json. */
  readonly profile: Profile;
  /** What the kernel runs. */
  readonly filter: Filter;
}

function expectSameAsProfile({ profile, filter }: Filtered): void {
  const values = tellingValues([profile]);
  for (const name of profile.architectures) {
    const kind = KINDS[name];
    const verdict = judge(profile, kind);
    for (const number of tellingNumbers(kind)) {
      const wrong = values.filter(
        (value) => filter({ arch: kind.arch, number, args: [value] }) !== verdict(number, [value]),
      );
      expect(wrong, `${name}: ${number}`).toEqual([]);
    }
  }
}

function expectDifferences({ profile, filter }: Filtered, expected: Differences): void {
  const ours = readFilter(runtimeDefault());
  const values = tellingValues([profile, JSON.parse(readFileSync(PINNED, "utf8"))]);
  const found = { more: new Set(), less: new Set(), otherwise: new Set() };
  for (const name of profile.architectures) {
    const kind = KINDS[name];
    const names = new Map([...kind.numbers].map(([call, number]) => [number, call]));
    for (const number of tellingNumbers(kind)) {
      const calls = values.map((value) => ({ arch: kind.arch, number, args: [value] }));
      if (calls.every((call) => ours(call) === filter(call))) continue;
      const [all, none] = [
        (one: Filter) => calls.every((call) => one(call) === ALLOW),
        (one: Filter) => calls.every((call) => one(call) !== ALLOW),
      ];
      const more = all(ours) && none(filter);
      const less = none(ours) && all(filter);
      found[more ? "more" : less ? "less" : "otherwise"].add(names.get(number) ?? number);
    }
    // Other kinds of programs, and none at all.
    for (const arch of [0, 0x80000016]) {
      expect(filter({ arch, number: 1, args: [] })).toBe(ours({ arch, number: 1, args: [] }));
    }
  }
  expect({
    more: [...found.more].toSorted(),
    less: [...found.less].toSorted(),
    otherwise: [...found.otherwise].toSorted(),
  }).toEqual({
    more: expected.more.toSorted(),
    less: expected.less.toSorted(),
    otherwise: expected.otherwise.toSorted(),
  });
}

/** The bundle of a container, which its shim keeps. */
function profileIn(folder: string, namespace: string, id: string): Profile {
  const bundle = join(folder, "state", "io.containerd.runtime.v2.task", namespace, id);
  return JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")).linux.seccomp;
}

describeWith({ programs: DOCKER_PROGRAMS, root: true }, "a container of dockerd", () => {
  let dockerd: Dockerd;
  let filtered: Filtered;
  let version: string;

  beforeAll(async () => {
    dockerd = await startDockerd();
    const { docker, folder } = dockerd;
    const image = await buildPause(folder);
    await docker("load", "--quiet", "--input", image.archive);
    const flags = ["--cap-drop", "ALL", "--network", "none", "--name", "filtered"];
    const id = (await docker("run", "--detach", ...flags, image.name)).trim();
    const pid = Number(await docker("inspect", "--format", "{{.State.Pid}}", id));
    const filter = readFilter(await (await compileFilterOf(folder))(pid));
    filtered = { profile: profileIn(folder, "moby", id), filter };
    version = (await docker("version", "--format", "{{.Server.Version}}")).trim();
    await docker("rm", "--force", id);
  });
  afterAll(() => dockerd?.stop());

  it("runs under its profile as we read such profiles", (context) => {
    knownOf(context, "docker", version);
    expectSameAsProfile(filtered);
  });

  it("runs under a filter that differs from ours by its age only", (context) => {
    expectDifferences(filtered, knownOf(context, "docker", version));
  });
});

describeWith({ programs: CONTAINERD_PROGRAMS, root: true }, "a container of containerd", () => {
  let containerd: Containerd;
  let image: PauseImage;

  beforeAll(async () => {
    containerd = await startContainerd();
    image = await buildPause(containerd.folder);
    await containerd.ctr("images", "import", image.archive);
  });
  afterAll(() => containerd?.stop());

  /** Runs it without any capability. */
  const filteredBy = async (...flags: readonly string[]): Promise<Filtered> => {
    const { ctr, folder, cgroup } = containerd;
    const filterOf = await compileFilterOf(folder);
    const where = ["--cgroup", `${cgroup.path}/filtered`, image.name, "filtered"];
    await ctr("run", "--detach", "--seccomp", ...flags, ...WITHOUT_CAPABILITIES, ...where);
    try {
      const [, pid] = /^filtered\s+(\d+)/m.exec(await ctr("tasks", "ls")) ?? [];
      const filter = readFilter(await filterOf(Number(pid)));
      return { profile: profileIn(folder, "test", "filtered"), filter };
    } finally {
      await ctr("tasks", "delete", "--force", "filtered");
      await ctr("containers", "delete", "filtered");
    }
  };
  const versionOf = async () =>
    /^Server:\n +Version: +(.*)$/m.exec(await containerd.ctr("version"))?.[1] ?? "";

  it("runs under its profile as we read such profiles", async (context) => {
    knownOf(context, "containerd", await versionOf());
    expectSameAsProfile(await filteredBy());
  });

  it("runs under a filter that differs from ours by its age only", async (context) => {
    const known = knownOf(context, "containerd", await versionOf());
    expectDifferences(await filteredBy(), known);
  });

  it("runs under our filter when it is given containerd 2.4.2's profile", async (context) => {
    const [, version = ""] = /^libseccomp: (.*)$/m.exec(await run(["runc", "--version"])) ?? [];
    const known = knownOf(context, "libseccomp", version);
    expectDifferences(await filteredBy("--seccomp-profile", PINNED), known);
  });
});

/** What `ctr` gives a container. */
const WITHOUT_CAPABILITIES = [
  ...["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID"],
  ...["SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"],
].flatMap((name) => ["--cap-drop", `CAP_${name}`]);
