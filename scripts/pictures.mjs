// @ts-check
/** `npm run pictures`: draws real output of the command as SVG for the README. */
import { stripVTControlCharacters } from "node:util";
import { $, fs, path } from "zx";

const root = path.join(import.meta.dirname, "..");
const command = path.join(root, "lib", "cli", "main.js");
const COLORS = { 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 36: "#79c0ff" };
const WIDTH = 8.43;
const HEIGHT = 19;

/** Escapes for XML. @param {string} text */
const toXml = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** One line with SGR codes as tspans. @param {string} line */
function spans(line) {
  const plain = { bold: false, dim: false, color: "" };
  let style = plain;
  const [first = "", ...rest] = line.split("\u001b[");
  const parts = rest.map((part) => {
    const end = part.indexOf("m");
    style = restyled(style, Number(part.slice(0, end)));
    return paint(part.slice(end + 1), style);
  });
  return [toXml(first), ...parts].join("");

  /** @param {typeof plain} before @param {number} code */
  function restyled(before, code) {
    if (code === 0) return plain;
    if (code === 1) return { ...before, bold: true };
    if (code === 2) return { ...before, dim: true };
    if (code === 22) return { ...before, bold: false, dim: false };
    return { ...before, color: COLORS[/** @type {31} */ (code)] ?? "" };
  }
}

/** @param {string} text @param {{ bold: boolean, dim: boolean, color: string }} style */
function paint(text, { bold, dim, color }) {
  const fill = color || (dim ? "#8b949e" : "");
  const attributes = `${fill && ` fill="${fill}"`}${bold ? ' font-weight="bold"' : ""}`;
  return text === "" || attributes === ""
    ? toXml(text)
    : `<tspan${attributes}>${toXml(text)}</tspan>`;
}

/** @param {string} file @param {string} title @param {string} output */
async function draw(file, title, output) {
  const lines = [`\u001b[2m$ ${title}\u001b[22m`, ...output.replace(/\n+$/, "").split("\n")];
  const columns = Math.max(...lines.map((line) => [...stripVTControlCharacters(line)].length));
  const width = Math.ceil(columns * WIDTH + 40);
  const height = lines.length * HEIGHT + 36;
  const text = lines
    .map((line, row) => `<text x="20" y="${32 + row * HEIGHT}">${spans(line)}</text>`)
    .join("\n");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="Output of ${toXml(title)}">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="#e6edf3" xml:space="preserve">
${text}
</g>
</svg>
`;
  await fs.outputFile(path.join(root, "docs", "images", file), svg);
}

const run = $({ cwd: root, env: { ...process.env, FORCE_COLOR: "1", npm_execpath: "npm" } });
await draw(
  "build.svg",
  "npm run build:images",
  (await run`${process.execPath} ${command} build`).stdout,
);
const tree = (await run`${process.execPath} ${command} inspect oci:dist/pause/oci`).stdout;
await draw(
  "inspect.svg",
  "npx hiatus inspect oci:dist/pause/oci",
  [...tree.split("\n").slice(0, 20), "   …"].join("\n"),
);
