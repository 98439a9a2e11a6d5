import { describe, inject } from "vitest";
import { crane } from "./clients/crane.ts";
import { oras } from "./clients/oras.ts";
import { regctl } from "./clients/regctl.ts";
import { skopeo } from "./clients/skopeo.ts";
import { describeCell } from "./matrix.ts";
import { CONTROLS, columnOf, OURS, useStage, variantsFor } from "./stages.ts";
import { tryTool } from "./tools.ts";

const programs = inject("programs");
const tools = [
  skopeo,
  crane(programs.crane),
  regctl(programs.regctl),
  oras(programs.oras),
] as const;

describe.each([...OURS, ...CONTROLS].map((stage) => [columnOf(stage), stage] as const))(
  "%s",
  (column, stage) => {
    const registryOf = useStage(stage);
    for (const tool of tools) {
      const cell = { table: "clients", row: tool.name, column } as const;
      const variants = variantsFor(stage);
      describeCell(cell, [tool, stage.kind], tool.name, () => tryTool(tool, registryOf, variants));
    }
  },
);
