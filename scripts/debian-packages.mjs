// @ts-check
/**
 * The Debian packages that tests and benches want besides Node, each list in one place, and their installation.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";

/** Tools that read what we build: test/e2e/*.test.ts, run by `npm test`. */
export const CONSUMER_PACKAGES = [
  "skopeo",
  "umoci",
  "podman",
  "crun",
  "containerd",
  "runc",
  "docker.io",
];

/** Programs of foreign CPUs run under these. */
export const EMULATOR_PACKAGES = ["qemu-user-static"];

/** What `--toolchain clang` and `--toolchain gcc` look for, as far as Debian 12 has it. */
export const COMPILER_PACKAGES = [
  "clang",
  "lld",
  "gcc",
  "linux-libc-dev",
  ...["aarch64-linux-gnu", "arm-linux-gnueabi", "arm-linux-gnueabihf", "i686-linux-gnu"].map(gcc),
  ...["mips64el-linux-gnuabi64", "powerpc64le-linux-gnu", "riscv64-linux-gnu"].map(gcc),
  ...["s390x-linux-gnu"].map(gcc),
  ...["amd64", "arm64", "armel", "armhf", "i386", "mips64el"].map(headers),
  ...["ppc64el", "riscv64", "s390x"].map(headers),
];

/** What pages for people are looked at with. */
export const BROWSER_PACKAGES = ["chromium"];

/** Registries of others, and certificates for tests. */
export const REGISTRY_PACKAGES = ["docker-registry", "openssl"];

/** Shells, and what the self-extracting script may call: test/bundle/run*.test.ts. */
export const SHELL_PACKAGES = ["dash", "mksh", "busybox-static", "shellcheck", "curl", "wget"];

/** What reads and writes what we compress. */
export const ARCHIVER_PACKAGES = ["zstd"];

/** What runs the containers of CRI-O, and what its helper is built with. */
export const NODE_PACKAGES = ["conmon", "gcc", "libc6-dev"];

/** For `npm test`. */
export const TEST_PACKAGES = [
  ...CONSUMER_PACKAGES,
  ...EMULATOR_PACKAGES,
  ...COMPILER_PACKAGES,
  ...BROWSER_PACKAGES,
  ...REGISTRY_PACKAGES,
  ...SHELL_PACKAGES,
  ...ARCHIVER_PACKAGES,
];

/** For `npm run test:e2e`: pods need networks, and containers something to run. */
export const RUNTIME_PACKAGES = [
  ...CONSUMER_PACKAGES,
  "busybox-static",
  "containernetworking-plugins",
  "netavark",
  "aardvark-dns",
  "iproute2",
  "iptables",
];

/** For `npm run test:interop`: registries and clients of others, and certificates. */
export const INTEROP_PACKAGES = [...CONSUMER_PACKAGES, ...REGISTRY_PACKAGES];

/**
 * For `npm run test:airgap`: pods, registries, hosts in networks of their own, the shells that a bundle may meet, and the
 * little that a host needs that has nothing else.
 */
export const AIRGAP_PACKAGES = [
  ...RUNTIME_PACKAGES,
  ...REGISTRY_PACKAGES,
  ...SHELL_PACKAGES,
  ...ARCHIVER_PACKAGES,
  ...NODE_PACKAGES,
];

/** For `npm run test:kernels`: emulators of whole machines, as Debian 12 groups them, and what unpacks a kernel. */
export const KERNEL_PACKAGES = [
  ...["arm", "mips", "misc", "ppc", "x86"].map((group) => `qemu-system-${group}`),
  ...ARCHIVER_PACKAGES,
];

/** A cross compiler. @param {string} triplet */
function gcc(triplet) {
  return `gcc-${triplet}`;
}

/** The kernel's exported headers, for a compiler of another CPU. @param {string} architecture Debian's name */
function headers(architecture) {
  return `linux-libc-dev-${architecture}-cross`;
}

/** Asked by the packages' scripts before they start a service; 101 means no. */
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Installs those of the packages that are missing, when this is Debian and we are root; else says on standard error
 * what to install. No service is started by it: tests start their own.
 *
 * @param {readonly string[]} names
 * @returns {Promise<string[]>} What is still missing: empty after an installation.
 * @throws {Error} When apt-get fails.
 */
export async function ensureDebianPackages(names) {
  const missing = missingPackages(names);
  if (missing.length === 0) return [];
  if (!has("apt-get")) {
    console.error(`Not installed, because this is not Debian: ${missing.join(" ")}`);
    return missing;
  }
  if (process.getuid?.() !== 0) {
    console.error(`Not installed, because only root may: apt-get install ${missing.join(" ")}`);
    return missing;
  }
  console.error(`Installing ${missing.join(" ")}`);
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    // Package lists may be missing or name versions that are gone; they are fetched when that shows.
    const install = ["install", "--yes", "--no-install-recommends", ...missing];
    if (!aptGet(install).ok) {
      must(aptGet(["update"]), "update");
      must(aptGet(install), `install ${missing.join(" ")}`);
    }
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
  return missingPackages(missing);
}

/** @param {readonly string[]} names */
function missingPackages(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how dpkg-query writes its fields
  const format = "${binary:Package} ${db:Status-Abbrev}\\n";
  const { stdout } = spawnSync("dpkg-query", ["--show", `--showformat=${format}`, ...names], {
    encoding: "utf8",
  });
  const installed = new Set(
    (stdout ?? "").split("\n").flatMap((line) => {
      const [name = "", status = ""] = line.split(" ");
      return status.startsWith("ii") ? [name.replace(/:.*/, "")] : [];
    }),
  );
  return [...new Set(names)].filter((name) => !installed.has(name));
}

/** @param {readonly string[]} args */
function aptGet(args) {
  const quiet = ["-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=600"];
  const { status, stdout, stderr, error } = spawnSync("apt-get", [...quiet, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ok: status === 0, said: error?.message ?? `${stderr}\n${stdout}`.trim() };
}

/** @param {{ ok: boolean, said: string }} result @param {string} what */
function must({ ok, said }, what) {
  if (ok) return;
  throw new Error(`apt-get ${what} failed:\n${said.split("\n").slice(-12).join("\n")}`);
}

/** @param {string} program */
function has(program) {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}
