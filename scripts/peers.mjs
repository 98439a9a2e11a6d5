// @ts-check
/**
 * Registries, clients and conformance suites in Go that tests and benches run beside ours, in exact versions from the Go
 * module proxy, built by the `go` on the PATH and kept under `.cache/peers/`. Those that are locked have a folder with a
 * go.sum under test/, which names every byte that they are built from.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lock } from "./lock.mjs";

/**
 * @typedef {"crane" | "regctl" | "oras" | "distribution" | "zot" | "conformance" | "conformance-main" | "kustomize" | "kube" | "actionlint" | "containerd" | "crio" | "cri-dockerd" | "crictl"} PeerName
 * @typedef {object} Peer
 * @property {string} module Where it comes from.
 * @property {string} version As the module proxy knows it.
 * @property {string} build The package that is built: `.` is the peer's own folder.
 * @property {readonly string[]} [also] Packages of programs that it does not run without; they are built beside it.
 * @property {string} [shelf] Where that folder is; test/interop/peers, when it is not said.
 * @property {"locked" | "tests"} how A program, or a package of tests, by the folder's go.sum.
 * @property {string} [tags] Build tags, by commas.
 * @property {string} [stamp] The variable that its makefile writes the version into.
 * @property {Readonly<Record<string, string>>} [inC] Programs in C that it does not run without, each with its folder in the
 *   module; `gcc` builds them.
 */

const ZOT = "zotregistry.io/zot";
const CONTAINERD = "github.com/containerd/containerd/v2";
const CRI_DOCKERD = "github.com/Mirantis/cri-dockerd";
const CRI_TOOLS = "sigs.k8s.io/cri-tools";
const CRI_O = "github.com/cri-o/cri-o";
const CONFORMANCE = "github.com/opencontainers/distribution-spec/conformance";

/** @type {Readonly<Record<PeerName, Peer>>} */
export const PEERS = {
  crane: {
    module: "github.com/google/go-containerregistry",
    version: "v0.22.1",
    build: "github.com/google/go-containerregistry/cmd/crane",
    how: "locked",
  },
  regctl: {
    module: "github.com/regclient/regclient",
    version: "v0.11.7",
    build: "github.com/regclient/regclient/cmd/regctl",
    how: "locked",
  },
  oras: {
    module: "oras.land/oras",
    version: "v1.2.3",
    build: "oras.land/oras/cmd/oras",
    how: "locked",
  },
  distribution: {
    module: "github.com/distribution/distribution/v3",
    version: "v3.1.2",
    build: ".",
    how: "locked",
  },
  // Of November 2022: the last that the proxy hands out. Its minimal server: no tag of an extension, and no gpgme, which is in C.
  zot: {
    module: "github.com/project-zot/zot",
    version: "v1.4.3",
    build: `${ZOT}/cmd/zot`,
    how: "locked",
    tags: "containers_image_openpgp",
  },
  // The suite of 1.1 in Ginkgo. This is the newest of it that the module proxy hands out; it has no version of tag v1.1.1.
  conformance: {
    module: CONFORMANCE,
    version: "v0.0.0-20231101194043-f2182352d4cc",
    build: CONFORMANCE,
    how: "tests",
    shelf: "test/conformance/peers",
  },
  // The suite as it was written anew in 2026, at a commit of main.
  "conformance-main": {
    module: CONFORMANCE,
    version: "v0.0.0-20260831232431-97274622c111",
    build: CONFORMANCE,
    how: "locked",
    shelf: "test/conformance/peers",
  },
  kustomize: {
    module: "sigs.k8s.io/kustomize/kustomize/v5",
    version: "v5.8.1",
    build: "sigs.k8s.io/kustomize/kustomize/v5",
    how: "locked",
    shelf: "test/deploy/peers",
  },
  // What the API server does to a manifest before it is stored.
  kube: {
    module: "k8s.io/kubernetes",
    version: "v1.35.4",
    build: ".",
    how: "locked",
    shelf: "test/deploy/peers",
  },
  // Debian's is of the years before configuration had a version 3.
  containerd: {
    module: CONTAINERD,
    version: "v2.4.2",
    build: `${CONTAINERD}/cmd/containerd`,
    also: [`${CONTAINERD}/cmd/ctr`, `${CONTAINERD}/cmd/containerd-shim-runc-v2`],
    how: "locked",
    shelf: "test/airgap/peers",
  },
  // Without C, and so without seccomp: no pause image hangs on that.
  crio: {
    module: CRI_O,
    version: "v1.34.0",
    build: `${CRI_O}/cmd/crio`,
    tags: "containers_image_openpgp,containers_image_ostree_stub,exclude_graphdriver_btrfs",
    inC: { pinns: "pinns/src" },
    how: "locked",
    shelf: "test/airgap/peers",
  },
  // Its release speaks to Debian's Docker; the newer ones are not handed out.
  "cri-dockerd": {
    module: CRI_DOCKERD,
    version: "v0.3.17",
    build: CRI_DOCKERD,
    stamp: `${CRI_DOCKERD}/cmd/version.Version`,
    how: "locked",
    shelf: "test/airgap/peers",
  },
  // By which people and hiatus ask both.
  crictl: {
    module: CRI_TOOLS,
    version: "v1.34.0",
    build: `${CRI_TOOLS}/cmd/crictl`,
    stamp: `${CRI_TOOLS}/pkg/version.Version`,
    how: "locked",
    shelf: "test/airgap/peers",
  },
  actionlint: {
    module: "github.com/rhysd/actionlint",
    version: "v1.7.12",
    build: "github.com/rhysd/actionlint/cmd/actionlint",
    how: "locked",
    shelf: "test/deploy/peers",
  },
};

/**
 * A peer's program, built when it is not there yet. Of several processes that ask at once, one builds and the others wait;
 * one peer is built at a time, because a compiler fills the machine by itself.
 *
 * @param {PeerName} name
 * @returns {Promise<{ program: string } | { missing: string }>} `missing` says in words why there is none: no `go` here, or
 *   the module proxy does not hand the module out.
 * @throws {Error} When it cannot be built for any other reason.
 */
export async function ensurePeer(name) {
  const { version } = PEERS[name];
  const cache = fileURLToPath(new URL("../.cache/peers", import.meta.url));
  const folder = join(cache, `${name}@${version}`);
  const program = join(folder, name);
  if (existsSync(program)) return { program };
  mkdirSync(cache, { recursive: true });
  const unlock = await lock(join(cache, "build.lock"));
  try {
    return existsSync(program) ? { program } : await build(name, folder);
  } finally {
    unlock();
  }
}

/**
 * Beside its place, then renamed, so that a killed build leaves nothing that looks whole.
 *
 * @param {PeerName} name
 * @param {string} folder
 * @returns {Promise<{ program: string } | { missing: string }>}
 */
async function build(name, folder) {
  const { module, version } = PEERS[name];
  const aside = `${folder}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  console.error(`Building ${module}@${version}`);
  try {
    for (const step of stepsOf(name, aside)) {
      const { code, said } = await step();
      if (code === undefined) return { missing: "no Go on the PATH" };
      if (code === 0) continue;
      if (isRefusal(said, module)) {
        return { missing: `the Go module proxy does not hand out ${module}@${version}` };
      }
      throw new Error(`go cannot build ${module}@${version}:\n${said}`);
    }
    renameSync(aside, folder);
    return { program: join(folder, name) };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/**
 * @param {PeerName} name
 * @param {string} aside
 */
function stepsOf(name, aside) {
  const { module, version, build, how, tags, also, stamp, inC = {} } = PEERS[name];
  const { shelf = "test/interop/peers" } = PEERS[name];
  const output = join(aside, name);
  const stamped = stamp === undefined ? "" : ` -X ${stamp}=${version.slice(1)}`;
  // Everybody who runs it has the same bytes, and no symbols, which nobody needs.
  const flags = ["-trimpath", "-buildvcs=false", `-ldflags=-s -w${stamped}`];
  if (tags !== undefined) flags.push(`-tags=${tags}`);
  const cwd = fileURLToPath(new URL(`../${shelf}/${name}`, import.meta.url));
  if (how === "tests") {
    return [() => go(["test", "-mod=readonly", "-c", ...flags, "-o", output, build], cwd)];
  }
  // Several go into the folder under their own names.
  const [to, packages] = also === undefined ? [output, [build]] : [aside, [build, ...also]];
  return [
    () => go(["build", "-mod=readonly", ...flags, "-o", to, ...packages], cwd),
    ...Object.entries(inC).map(([program, sources]) => async () => {
      const where = await go(["list", "-m", "-f", "{{.Dir}}", module], cwd);
      if (where.code !== 0) return where;
      return gcc(join(where.said, sources), join(aside, program));
    }),
  ];
}

/**
 * Did the proxy answer that it has no such module? What it says about others, which are its dependencies, counts too.
 *
 * @param {string} said
 * @param {string} module
 */
function isRefusal(said, module) {
  return said.includes(module) && /\b(?:403 Forbidden|404 Not Found|410 Gone)\b/.test(said);
}

/**
 * @param {readonly string[]} args
 * @param {string} cwd
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ code: number | null | undefined, said: string }>} No code without `go`.
 */
function go(args, cwd, env = {}) {
  return nicely(["go", ...args], cwd, { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", ...env });
}

/**
 * A program of all sources of a folder, which needs no library where it runs.
 *
 * @param {string} folder
 * @param {string} program
 */
function gcc(folder, program) {
  const sources = readdirSync(folder).filter((name) => name.endsWith(".c"));
  return nicely(["gcc", "-std=c99", "-Os", "-s", "-static", "-o", program, ...sources], folder);
}

/**
 * @param {readonly string[]} command
 * @param {string} cwd
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ code: number | null | undefined, said: string }>} No code without the program.
 */
function nicely(command, cwd, env = {}) {
  return new Promise((resolve, reject) => {
    // Tests may be running beside it.
    const child = spawn("nice", command, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => (said += chunk));
    child.on("error", reject);
    // 127 is how nice says that there is no such program.
    child.on("close", (code) =>
      resolve({ code: code === 127 ? undefined : code, said: said.trim().slice(-2000) }),
    );
  });
}
