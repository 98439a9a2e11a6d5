/**
 * Bar charts as SVG, drawn without a library: panels under each other, one bar per contender, a logarithmic
 * axis where a panel asks for it. Colours follow the reader's light or dark scheme.
 *
 * @module
 */

/** One bar. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  /** As written behind the bar. */
  readonly label: string;
  /** Ours are drawn in another colour. */
  readonly ours: boolean;
}

/** Bars on one axis. */
export interface Panel {
  readonly title: string;
  /** @default "linear" */
  readonly scale?: "linear" | "log";
  readonly bars: readonly Bar[];
}

const WIDTH = 860;
const NAMES = 310;
const LABELS = 110;
const ROW = 22;
const GAP = 30;

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .title { font-weight: 600 }
    .label { fill: #57606a }
    .ours { fill: #0969da }
    .peer { fill: #afb8c1 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .label { fill: #9198a1 }
      .ours { fill: #4493f8 }
      .peer { fill: #656c76 }
    }`;

/** The whole picture. The description is for those who cannot see it. */
export function plot(description: string, panels: readonly Panel[]): string {
  let y = 0;
  const body = panels.map((panel) => {
    const top = y;
    y += GAP + panel.bars.length * ROW + 10;
    return drawPanel(panel, top);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escapeXml(description)}">
  <title>${escapeXml(description)}</title>
  <style>${STYLE}
  </style>
${body.join("\n")}
</svg>
`;
}

function drawPanel({ title, scale = "linear", bars }: Panel, top: number): string {
  const values = bars.map(({ value }) => value).filter((value) => value > 0);
  const high = Math.max(...values);
  // A decade below the smallest, so that the smallest still has a bar to see.
  const low = Math.min(...values) / 10;
  const share = (value: number) => {
    if (value <= 0) return 0;
    return scale === "log" ? Math.log(value / low) / Math.log(high / low) : value / high;
  };
  const room = WIDTH - NAMES - LABELS;
  const rows = bars.map(({ name, value, label, ours }, row) => {
    const y = top + GAP + row * ROW;
    const width = Math.max(1, share(value) * room).toFixed(1);
    return [
      `  <text x="${NAMES - 10}" y="${y + 12}" text-anchor="end">${escapeXml(name)}</text>`,
      `  <rect x="${NAMES}" y="${y}" width="${width}" height="15" rx="2" class="${ours ? "ours" : "peer"}"/>`,
      `  <text x="${NAMES + Number(width) + 8}" y="${y + 12}" class="label">${escapeXml(label)}</text>`,
    ].join("\n");
  });
  const suffix = scale === "log" ? " (logarithmic)" : "";
  return [
    `  <text x="0" y="${top + 16}" class="title">${escapeXml(title + suffix)}</text>`,
    ...rows,
  ].join("\n");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
