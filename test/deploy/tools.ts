/** Tools in Go that judge what is under deploy/ and .github/, from scripts/peers.mjs. */
import { spawn } from "node:child_process";
import { describe, it } from "vitest";
import { ended } from "../cli/command.ts";
import { importScript } from "../scripts.ts";

type ToolName = "kustomize" | "kube" | "actionlint";
type Provided = { readonly program: string } | { readonly missing: string };

const { ensurePeer } = await importScript<{ ensurePeer(name: ToolName): Promise<Provided> }>(
  "peers",
);

/** How a tool ended. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool. */
export type RunTool = (args: readonly string[], input?: string) => Promise<Said>;

/** `describe` for tests that need tools, which are built first; where they cannot be, one skipped test says why. */
export async function describeTools<const T extends readonly ToolName[]>(
  names: T,
  name: string,
  tests: (...tools: { readonly [K in keyof T]: RunTool }) => void,
): Promise<void> {
  const provided: Provided[] = [];
  for (const tool of names) provided.push(await ensurePeer(tool));
  const missing = provided.flatMap((one) => ("missing" in one ? [one.missing] : []));
  describe(name, () => {
    if (missing.length > 0) it.skip(missing.join("; "), () => undefined);
    else {
      const tools = provided.map((one) => toolOf("program" in one ? one.program : ""));
      tests(...(tools as unknown as { readonly [K in keyof T]: RunTool }));
    }
  });
}

function toolOf(program: string): RunTool {
  return async (args, input = "") => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    // One that ends before it has read everything says why on its own.
    child.stdin?.on("error", () => undefined).end(input);
    return await ended(child);
  };
}
