/** What deploy/Containerfile puts into an image, in a folder; and pods as processes that run there as the image's user. */
import { spawn } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/package-root.ts";
import { type Ended, ended, hiatus } from "../cli/command.ts";
import { argumentsOf, containerOf, DEPLOY, type Job } from "./manifest.ts";

/** The user of the image and of every manifest. */
const USER = 65532;

/** Makes the folder that the image has as /opt/hiatus: what is copied, and nothing else. */
export async function makeImageFolder(folder: string): Promise<void> {
  const built = await hiatus(["build", "--locked", "--quiet"], { cwd: folder });
  if (built.code !== 0) throw new Error(built.stderr);
  for (const [, from = "", to = ""] of readFileSync(join(DEPLOY, "Containerfile"), "utf8").matchAll(
    /^COPY --from=build (.+) (\S+)$/gm,
  )) {
    for (const path of from.split(" ").map((each) => each.replace("/src/", ""))) {
      // Built where it belongs.
      if (path.startsWith("dist/")) continue;
      const target = to.replace(/^\/opt\/hiatus\//, "");
      const there = to.endsWith("/") ? join(target, path) : target;
      cpSync(join(packageRoot(), path), join(folder, there), { recursive: true });
    }
  }
}

/** Where a pod finds what the manifests mount. */
export interface PodFolders {
  /** For /opt/hiatus. */
  readonly image: string;
  /** For /etc/hiatus. */
  readonly mirrors: string;
  /** For /run/secrets/hiatus. */
  readonly secrets: string;
  /** For /var/lib/hiatus. */
  readonly state: string;
  /** For /tmp. */
  readonly tmp: string;
}

/** Folders in a scratch folder, those that are to be written to the user's own. */
export function podFolders(scratch: string, image: string, name: string): PodFolders {
  chmodSync(scratch, 0o755);
  const made = {
    image,
    mirrors: join(scratch, "mirrors"),
    secrets: join(scratch, "secrets"),
    state: join(scratch, `${name}-state`),
    tmp: join(scratch, `${name}-tmp`),
  };
  for (const path of [made.mirrors, made.secrets, made.state, made.tmp]) {
    mkdirSync(path, { recursive: true });
  }
  if (process.getuid?.() === 0) {
    for (const path of [made.state, made.tmp]) chownSync(path, USER, USER);
  }
  return made;
}

/** Writes what a pod mounts: the mirrors file, and a Secret of type kubernetes.io/dockerconfigjson. */
export function writeMounted(
  { mirrors, secrets }: PodFolders,
  { file, auths }: { readonly file: string; readonly auths: Readonly<Record<string, string>> },
): void {
  writeFileSync(join(mirrors, "mirrors.yaml"), file);
  const encoded = Object.entries(auths).map(([host, plain]) => [
    host,
    { auth: Buffer.from(plain).toString("base64") },
  ]);
  writeFileSync(
    join(secrets, "config.json"),
    JSON.stringify({ auths: Object.fromEntries(encoded) }),
  );
}

/** Runs the container of a Job as the kubelet would, as far as a process can be like a pod. */
export function runPod(
  job: Job,
  folders: PodFolders,
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const container = containerOf(job);
  const said = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  const env: Readonly<Record<string, string>> = { ...said, ...variables };
  const mounts: readonly (readonly [string, string])[] = [
    ["/etc/hiatus", folders.mirrors],
    ["/run/secrets/hiatus", folders.secrets],
    ["/var/lib/hiatus", folders.state],
    ["/tmp", folders.tmp],
  ];
  const here = (text: string): string => {
    const found = mounts.find(([path]) => new RegExp(`(^|=)${path}(/|$)`).test(text));
    return found === undefined ? text : text.replace(...found);
  };
  const args = argumentsOf(container, env).map(here);
  const main = join(folders.image, "lib", "cli", "main.js");
  const id = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
  return ended(
    spawn(process.execPath, [main, ...args], {
      cwd: folders.image,
      env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)])),
      stdio: ["ignore", "pipe", "pipe"],
      ...id,
    }),
  );
}
