/**
 * The doctor from the flags to the verdict.
 *
 * @module
 */
import { join } from "node:path";
import { HiatusError } from "../errors.ts";
import { readTree } from "../graph/tree.ts";
import { isDigest } from "../oci/digest.ts";
import { parsePlatformName } from "../oci/platform.ts";
import { packageRoot } from "../package-root.ts";
import { examineNode } from "../runtime/doctor/doctor.ts";
import { nodeHost } from "../runtime/doctor/host.ts";
import type { ExpectedImage } from "../runtime/doctor/model.ts";
import { nodePlatforms } from "../runtime/node-platform.ts";
import { runProgram } from "../runtime/runner.ts";
import { parseVersion } from "../runtime/version.ts";
import type { DoctorFlags } from "./doctor.ts";
import { openSource, parseSource } from "./open.ts";
import { formatDiagnosis } from "./present/doctor.ts";
import { textNotices } from "./present/notices.ts";

/**
 * Looks, and says what was found.
 *
 * @throws HiatusError `DIFFERENCE` when something is wrong, `RUNTIME` when something could not be looked at, or nothing is there.
 */
export async function runDoctor(flags: DoctorFlags, signal: AbortSignal): Promise<void> {
  const { root, address, namespace, kubernetes, platform, json } = flags;
  const expected = await expectedOf(flags, signal);
  const diagnosis = await examineNode({
    host: nodeHost(root),
    run: runProgram,
    platforms: platform === undefined ? nodePlatforms() : [parsePlatformName(platform)],
    address,
    namespace,
    kubernetes: kubernetes === undefined ? undefined : parseVersion(kubernetes, "Kubernetes"),
    expected,
    signal,
  });
  const { findings } = diagnosis;
  const wrong = findings.filter(({ status }) => status === "wrong").length;
  const unseen = findings.filter(({ status }) => status === "not looked at").length;
  const verdict =
    wrong > 0 ? "wrong" : unseen > 0 || findings.length === 0 ? "not looked at" : "healthy";
  if (json) {
    const document = { type: "done", verdict, expected: expected?.name ?? null, ...diagnosis };
    process.stdout.write(`${JSON.stringify(document)}\n`);
  } else process.stdout.write(`${formatDiagnosis(diagnosis).join("\n")}\n`);
  if (wrong > 0) {
    throw new HiatusError(
      "DIFFERENCE",
      `${wrong} of ${findings.length} looks found something wrong`,
      {
        detail: { wrong, looks: findings.length },
        hint: "Run what stands under them, and look again",
      },
    );
  }
  if (findings.length === 0) {
    throw new HiatusError(
      "RUNTIME",
      "There is no container runtime that a kubelet could use here",
      {
        hint: "Run it on a node, or name what is elsewhere: --root FOLDER, --address SOCKET",
      },
    );
  }
  if (unseen > 0) {
    throw new HiatusError("RUNTIME", `${unseen} of ${findings.length} looks were not possible`, {
      detail: { unseen, looks: findings.length },
      hint: "Run it as root while the runtime runs; nothing wrong was found in the rest",
    });
  }
}

/** What the node's image must be: what was named, else the lock that came with this program. */
async function expectedOf(
  flags: DoctorFlags,
  signal: AbortSignal,
): Promise<ExpectedImage | undefined> {
  const { expect } = flags;
  if (expect === "none") return undefined;
  if (expect === undefined) return lockedImage();
  if (isDigest(expect)) return { name: expect, digests: new Set([expect]) };
  const { tellConnection: onEvent } = textNotices();
  const opened = await openSource(parseSource(expect), { signal, flags, onEvent });
  try {
    const { source, root } = opened;
    const digests = new Set<string>();
    const collect = (node: Awaited<ReturnType<typeof readTree>>): void => {
      digests.add(node.descriptor.digest);
      for (const child of node.children) collect(child);
    };
    collect(await readTree(source, root, { signal }));
    return { name: expect, digests };
  } finally {
    await opened.close();
  }
}

async function lockedImage(): Promise<ExpectedImage | undefined> {
  const { readLock } = await import("../build/lock.ts");
  const lock = await readLock(join(packageRoot(), "images", "pause", "digests.json"));
  if (lock === undefined) return undefined;
  const parts = Object.values(lock.platforms).flatMap(({ manifest, config }) => [
    manifest.digest,
    config.digest,
  ]);
  return {
    name: `the lock of ${lock.name} ${lock.version}`,
    digests: new Set([lock.index.digest, ...parts]),
  };
}
