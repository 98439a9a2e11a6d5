// @ts-check
/** `npm run pictures`: draws real output of the command as SVG for the README. */
import { $, fs, path } from "zx";

const root = path.join(import.meta.dirname, "..");
const command = path.join(root, "lib", "cli", "main.js");
const COLORS = { 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 36: "#79c0ff" };
const WIDTH = 8.43;
const HEIGHT = 19;

/** Escapes for XML. @param {string} text */
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** One line with SGR codes as tspans. @param {string} line */
function spans(line) {
  let style = { bold: false, dim: false, color: "" };
  return line
    .split(/(\u001b\[[0-9;]*m)/)
    .map((part) => {
      const code = /^\u001b\[([0-9;]*)m$/.exec(part)?.[1];
      if (code !== undefined) {
        const number = Number(code);
        if (number === 0) style = { bold: false, dim: false, color: "" };
        else if (number === 1) style = { ...style, bold: true };
        else if (number === 2) style = { ...style, dim: true };
        else if (number === 22) style = { ...style, bold: false, dim: false };
        else style = { ...style, color: COLORS[/** @type {31} */ (number)] ?? "" };
        return "";
      }
      if (part === "") return "";
      const fill = style.color || (style.dim ? "#8b949e" : "");
      const attributes = `${fill && ` fill="${fill}"`}${style.bold ? ' font-weight="bold"' : ""}`;
      return attributes === "" ? escape(part) : `<tspan${attributes}>${escape(part)}</tspan>`;
    })
    .join("");
}

/** @param {string} file @param {string} title @param {string} output */
async function draw(file, title, output) {
  const lines = [`\u001b[2m$ ${title}\u001b[22m`, ...output.replace(/\n+$/, "").split("\n")];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
  const columns = Math.max(
    ...lines.map((line) => [...line.replaceAll(/\u001b\[[0-9;]*m/g, "")].length),
  );
  const width = Math.ceil(columns * WIDTH + 40);
  const height = lines.length * HEIGHT + 36;
  const text = lines
    .map((line, row) => `<text x="20" y="${32 + row * HEIGHT}">${spans(line)}</text>`)
    .join("\n");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="Output of ${escape(title)}">
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
