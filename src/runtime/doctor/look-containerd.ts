/**
 * Is the sandbox image really in containerd: there, for this node, whole, pinned, and the expected one?
 *
 * @module
 */
import type { Platform } from "../../oci/platform.ts";
import { formatPlatform } from "../../oci/platform.ts";
import {
  type Ctr,
  criName,
  listContainerd,
  PIN,
  plainName,
  readClosure,
  unpackedOf,
} from "../containerd-content.ts";
import type { Component, ExpectedImage, NodeFinding } from "./model.ts";

/** What is needed to look. */
export interface ContainerdLook {
  readonly ctr: Ctr;
  readonly component: Component;
  /** As configured. */
  readonly image: string;
  /** Those that the node runs, best first. */
  readonly platforms: readonly Platform[];
  readonly expected: ExpectedImage | undefined;
  /** The command that brings the image. */
  readonly load: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks.
 *
 * @throws HiatusError `RUNTIME` when containerd cannot be asked.
 */
export async function lookIntoContainerd(look: ContainerdLook): Promise<readonly NodeFinding[]> {
  const { ctr, component, platforms, expected, load, signal } = look;
  const image = plainName(criName(look.image));
  const says = saying(component);
  const [found] = await listContainerd(ctr, [image], signal);
  if (found === undefined) {
    return [says("present", false, `${image} is not there: a pod would have to pull it`, [load])];
  }
  const closure = await readClosure(ctr, found, platforms, "whole", signal);
  const findings: NodeFinding[] = [says("present", true, `${image} is ${found.digest}`)];

  const wanted = platforms.map(formatPlatform).join(" or ");
  const names = closure.platforms.join(", ");
  const lacksAll = closure.platforms.length === 0;
  findings.push(
    closure.manifest !== undefined
      ? says("platform", true, `It has ${wanted}`)
      : lacksAll
        ? notLooked(component, "platform", "Nothing of it can be read that says its platform")
        : says("platform", false, `It is for ${names}, and the node is ${wanted}`, [
            `${ctr.command.join(" ")} images rm ${image}`,
            load,
          ]),
  );

  const { missing, missingHere, damaged } = closure;
  const unpacked = missingHere.length > 0 && (await unpackedOf(ctr, image, signal));
  const onlyLayers = unpacked && !missingHere.includes(found.digest);
  if (damaged.length > 0) {
    findings.push(
      says("complete", false, `Other bytes than their digest: ${damaged.join(", ")}`, [
        `${ctr.command.join(" ")} content rm ${damaged.join(" ")}`,
        load,
      ]),
    );
  } else if (missingHere.length > 0 && !onlyLayers) {
    const said = `It was imported in part: ${missingHere.length} of its contents for this node are missing (${missingHere.join(", ")})`;
    findings.push(says("complete", false, said, [load]));
  } else if (missing.length > missingHere.length) {
    const said = `It has all for this node; ${missing.length} contents for others are missing, so that it can be neither exported nor pushed (containerd issue 7543)`;
    findings.push(says("complete", true, said));
  } else {
    const said = onlyLayers
      ? "It is unpacked, and its layers were discarded on purpose"
      : "All that it consists of is there, byte for byte";
    findings.push(says("complete", true, said));
  }

  findings.push(
    found.pinned
      ? says("pinned", true, "It has the label by which containerd tells the kubelet to keep it")
      : says("pinned", false, "Nothing keeps the kubelet from collecting it", [
          `${ctr.command.join(" ")} images label ${image} ${PIN}`,
        ]),
  );
  if (expected !== undefined) {
    const isSame = [found.digest, closure.manifest].some(
      (digest) => digest !== undefined && expected.digests.has(digest),
    );
    findings.push(
      isSame
        ? says("digest", true, `It is that of ${expected.name}`)
        : says("digest", false, `${found.digest} is not that of ${expected.name}`, [load]),
    );
  }
  return findings;
}

/** A finding of one component. */
export function saying(component: Component) {
  return (
    check: NodeFinding["check"],
    isRight: boolean,
    said: string,
    mend?: readonly string[],
  ): NodeFinding => ({
    component,
    check,
    status: isRight ? "ok" : "wrong",
    said,
    ...(mend === undefined ? {} : { mend }),
  });
}

/** A look that was not possible, with why. */
export function notLooked(
  component: Component,
  check: NodeFinding["check"],
  said: string,
): NodeFinding {
  return { component, check, status: "not looked at", said };
}
