/**
 * Fetches single packages of any Debian release and architecture with the machine's own apt: its mirror and its proxies, but
 * lists, cache and sources of our own, so that nothing of the machine changes.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { attempt, run } from "../runtime/command.ts";

/** What is wanted of a release. */
export interface AptSource {
  readonly release: string;
  readonly architecture: string;
}

/** A private root of apt. */
export interface Apt {
  /** Name and version of the newest kernel that a package depends on, however far down. */
  findKernel(source: AptSource, name: string): Promise<{ name: string; version: string }>;
  /** Fetches a package into a folder; resolves to its path. */
  download(source: AptSource, name: string, folder: string): Promise<string>;
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Sets the root up and fetches the lists of the sources.
 *
 * @param folder - Becomes the root; the caller removes it.
 * @throws Error when this machine has no apt that knows Debian's archive, or a list cannot be fetched.
 */
export async function openApt(folder: string, sources: readonly AptSource[]): Promise<Apt> {
  const archive = await debianArchive();
  const parts = ["state/lists/partial", "cache/archives/partial", "sources", "parts"];
  await rm(folder, { recursive: true, force: true });
  await Promise.all(parts.map((part) => mkdir(join(folder, part), { recursive: true })));
  const host = (await run(["dpkg", "--print-architecture"])).trim();
  const config = join(folder, "apt.conf");
  await Promise.all([
    writeFile(join(folder, "status"), ""),
    writeFile(join(folder, "sources", "kernels.sources"), sourcesOf(archive, sources)),
    writeFile(config, configOf(folder, host, sources, await ownSettings())),
  ]);
  const env = { APT_CONFIG: config };
  await run(["apt-get", "-q", "update"], { env, timeout: 300_000 });

  const show = async (source: AptSource, name: string) => {
    const versioned = `${name}:${source.architecture}`;
    const command = ["apt-cache", "show", "--no-all-versions", versioned];
    const { code, stdout } = await attempt(command, { env });
    if (code !== 0) {
      // apt-get update ends well without the lists that it could not reach.
      const where = `Debian "${source.release}"`;
      throw new Error(`${where} has no package "${versioned}", or its list could not be fetched`);
    }
    const value = (key: string) => new RegExp(`^${key}: (.*)$`, "m").exec(stdout)?.[1] ?? "";
    return { version: value("Version"), depends: value("Depends") };
  };
  const findKernel: Apt["findKernel"] = async (source, name) => {
    const { version, depends } = await show(source, name);
    // linux-image-arm64 needs linux-image-6.1.0-50-arm64; from Debian 14 on, that needs a linux-binary-*.
    const next = /(?:^|[ ,])(linux-(?:binary|image)-\d[^ ,]*)/.exec(depends)?.[1];
    return next === undefined ? { name, version } : await findKernel(source, next);
  };
  return {
    findKernel,
    async download(source, name, into) {
      await mkdir(into, { recursive: true });
      const versioned = `${name}:${source.architecture}/${source.release}`;
      await run(["apt-get", "-q", "download", versioned], { env, cwd: into, timeout: 600_000 });
      const file = (await readdir(into)).find((entry) => entry.endsWith(".deb"));
      if (file === undefined) throw new Error(`apt-get download ${versioned} left nothing`);
      return join(into, file);
    },
  };
}

/** URI of the archive from which this machine installs Debian itself. */
async function debianArchive(): Promise<string> {
  const format = ["$(REPO_URI)", "$(ORIGIN)", "$(CODENAME)", "$(RELEASE)", "$(COMPONENT)"].join(
    "|",
  );
  const { code, stdout } = await attempt([
    ...["apt-get", "indextargets", "--format", format, "Created-By: Packages"],
  ]).catch(() => ({ code: 1, stdout: "" }));
  const codename = await debianCodename();
  const found = stdout
    .split("\n")
    .map((line) => line.split("|"))
    .find(
      ([, origin = "", name = "", release = "", component]) =>
        component === "main" &&
        (name === codename || release === codename) &&
        // Not known before the first `apt-get update`.
        (origin === "Debian" || origin === "" || origin.startsWith("$")),
    );
  const uri = found?.[0];
  if (code === 0 && uri) return uri;
  throw new Error("apt on this machine knows no archive of Debian");
}

/** `bookworm` and the like; empty when this is not Debian. */
export async function debianCodename(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  if (!/^ID=debian$/m.test(text)) return "";
  return /^VERSION_CODENAME=(.*)$/m.exec(text)?.[1] ?? "";
}

function sourcesOf(archive: string, sources: readonly AptSource[]): string {
  const releases = [...new Set(sources.map(({ release }) => release))];
  const stanzas = releases.map((release) => {
    const architectures = sources.filter((source) => source.release === release);
    return [
      "Types: deb",
      `URIs: ${archive}`,
      `Suites: ${release}`,
      "Components: main",
      `Architectures: ${[...new Set(architectures.map((s) => s.architecture))].join(" ")}`,
      "Targets: Packages",
      ...(existsSync(KEYRING) ? [`Signed-By: ${KEYRING}`] : []),
    ].join("\n");
  });
  return `${stanzas.join("\n\n")}\n`;
}

function configOf(
  folder: string,
  host: string,
  sources: readonly AptSource[],
  settings: readonly string[],
): string {
  const architectures = [...new Set([host, ...sources.map(({ architecture }) => architecture)])];
  return [
    ...settings,
    `Dir::State "${folder}/state";`,
    `Dir::State::status "${folder}/status";`,
    `Dir::Cache "${folder}/cache";`,
    `Dir::Etc::SourceList "${folder}/no.list";`,
    `Dir::Etc::SourceParts "${folder}/sources";`,
    // Hooks of the machine are for its own lists.
    `Dir::Etc::Parts "${folder}/parts";`,
    `Dir::Etc::Main "${folder}/no.conf";`,
    `APT::Architecture "${host}";`,
    `APT::Architectures { ${architectures.map((name) => `"${name}";`).join(" ")} };`,
    // The user that root's apt becomes for downloads may not write here.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    "",
  ].join("\n");
}

/** How this machine reaches its mirror: proxies, time limits, whether old lists will do. */
async function ownSettings(): Promise<readonly string[]> {
  const text = await run(["apt-config", "dump"]);
  return text
    .split("\n")
    .filter((line) => /^Acquire::(?:https?|Retries|Check-)[^ ]* ".+";$/.test(line));
}
