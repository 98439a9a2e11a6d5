/**
 * Collects what a toolchain lacks, so that one message says it all.
 *
 * @module
 */
import { HiatusError } from "../../errors.ts";

/** What is missing so far, and the Debian packages that have it. */
export class Missing {
  readonly #toolchain: string;
  readonly #problems = new Set<string>();
  readonly #packages = new Set<string>();

  constructor(toolchain: string) {
    this.#toolchain = toolchain;
  }

  add(problem: string, ...packages: readonly string[]): void {
    this.#problems.add(problem);
    for (const name of packages) this.#packages.add(name);
  }

  /** @throws HiatusError `TOOLCHAIN` when something is missing. */
  check(): void {
    if (this.#problems.size === 0) return;
    const problems = [...this.#problems];
    const packages = [...this.#packages].sort();
    const install =
      packages.length === 0 ? "" : `On Debian run \`apt-get install ${packages.join(" ")}\`, or `;
    const rest = "leave platforms out with --platform, or use the default --toolchain zig";
    throw new HiatusError(
      "TOOLCHAIN",
      `The toolchain "${this.#toolchain}" is not complete: ${problems.join("; ")}`,
      {
        detail: { toolchain: this.#toolchain, problems, packages },
        hint: install === "" ? `L${rest.slice(1)}` : `${install}${rest}`,
      },
    );
  }
}
