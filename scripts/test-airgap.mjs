// @ts-check
/**
 * `npm run test:airgap [-- vitest arguments]`: bundles, registries and nodes as they are behind an air gap. Installs what
 * they need, then runs the tests in a network namespace that has loopback and no way out. Without arguments the tables
 * of docs/interop.md that are about it are written.
 */
import { $, path } from "zx";
import { AIRGAP_PACKAGES, ensureDebianPackages } from "./debian-packages.mjs";
import { ensurePeer } from "./peers.mjs";
import { ensureRuntime, whyNoRuntimes } from "./runtimes.mjs";

/** @type {readonly import("./peers.mjs").PeerName[]} */
const PEER_NAMES = [
  ...["crane", "regctl", "oras", "distribution", "zot"],
  ...["containerd", "cri-dockerd", "crio", "crictl"],
];
const root = path.join(import.meta.dirname, "..");
const args = process.argv.slice(2);

if (process.getuid?.() !== 0) {
  console.error("hiatus: not tried, because only root makes network namespaces and runs nodes");
  process.exit(process.env.CI === undefined ? 0 : 1);
}
await ensureDebianPackages(AIRGAP_PACKAGES);

// From here on there is a network, from there on there is none: what the tests may need is fetched now.
/** @type {Record<string, { program: string } | { missing: string }>} */
const programs = {};
for (const name of PEER_NAMES) programs[name] = await ensurePeer(name);
const deno = await ensureRuntime("deno");
programs.deno = deno === undefined ? { missing: whyNoRuntimes() ?? "no Deno" } : { program: deno };

// An interface that has nothing but an IPv6 address of its link, as bridges have for a moment, would make the C library look for
// IPv6 alone, and no longer find localhost.
const enter = `ip link set lo up
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
exec "$@"`;

const vitest = path.join(root, "node_modules", ".bin", "vitest");
const config = path.join("test", "airgap", "vitest.config.ts");
const page = args.length > 0 ? {} : { HIATUS_INTEROP_PAGE: path.join(root, "docs", "interop.md") };
const { exitCode } = await $({
  cwd: root,
  stdio: "inherit",
  nothrow: true,
  env: { ...process.env, HIATUS_AIRGAP_PROGRAMS: JSON.stringify(programs), ...page },
})`unshare --net -- sh -ec ${enter} offline ${vitest} run --root ${root} --config ${config} ${args}`;
process.exitCode = exitCode ?? 1;
