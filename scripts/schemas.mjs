// @ts-check
/** `npm run schemas`: writes images/schemas/ from the schemas in the code. A test tells when that was forgotten. */
import { fs, path } from "zx";

const { jsonSchemas } = await import("../lib/index.js");
const folder = path.join(import.meta.dirname, "..", "images", "schemas");
for (const [name, schema] of Object.entries(jsonSchemas())) {
  await fs.outputFile(path.join(folder, name), `${JSON.stringify(schema, undefined, 2)}\n`);
}
