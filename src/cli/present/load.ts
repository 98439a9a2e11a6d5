/**
 * What was loaded, for people and as JSON.
 *
 * @module
 */
import pc from "picocolors";
import type { Loaded } from "../../release/load.ts";
import type { ClientEvent } from "../../remote/events.ts";
import type { LoadFlags } from "../load.ts";
import { jsonNotices, textNotices } from "./notices.ts";
import { printable } from "./printable.ts";

/** Tells what happens. */
export interface LoadPresenter {
  readonly onConnection: (event: ClientEvent) => void;
  done(loaded: Loaded, limits: readonly string[]): void;
}

const TITLES = {
  loaded: (into: string) => `${pc.green("loaded")} into ${into}`,
  present: (into: string) => `${pc.green("nothing to do")}, ${into} has it`,
  planned: (into: string) => `would load into ${into}`,
} as const;

/** A presenter for the flags. */
export function presentLoad({ into, json }: LoadFlags): LoadPresenter {
  const { tellConnection: onConnection } = json ? jsonNotices() : textNotices();
  return {
    onConnection,
    done({ status, image, held, commands }, limits) {
      if (json) {
        const document = { type: "done", into, status, image, held, commands, limits };
        process.stdout.write(`${JSON.stringify(document)}\n`);
        return;
      }
      const lines = [
        `${TITLES[status](into)}, for ${image.platform}, ${image.root}`,
        ...held.map(
          ({ name, pinned, wrong }) =>
            `  ${printable(name)}${pinned ? pc.dim("  pinned") : ""}${wrong === undefined ? "" : `  ${pc.yellow(printable(wrong))}`}`,
        ),
        ...commands.map((command) => `  $ ${printable(command)}`),
        ...limits.map((limit) => `${pc.dim("note")} ${limit}`),
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
    },
  };
}
