/**
 * The commands that pull an image, with what each tool has to be told.
 *
 * @module
 */
import type { Descriptor } from "../../oci/descriptor.ts";
import { isDigest } from "../../oci/digest.ts";
import { type Command, type Hint, hints, loginCommands, pullCommands } from "./commands.ts";
import { type Html, html } from "./html.ts";
import { card, copyable } from "./parts.ts";
import { imagePath } from "./route.ts";
import type { Setting } from "./shell.ts";

/** A card with one command a tool. */
export function pullCard(
  name: string,
  reference: string,
  descriptor: Descriptor,
  { origin, login }: Setting,
): Html {
  const byDigest = html`<p>A tag may move; <a href="${imagePath(name, descriptor.digest)}">pull by digest</a> to pin it</p>`;
  const summary = origin.secure
    ? "If the certificate is from an authority of your own"
    : "This registry speaks plain HTTP: what each tool has to be told";
  return card(
    { id: "pull", title: "Pull", aside: !isDigest(reference) && byDigest },
    html`<div class="inside">${commandList(pullCommands(origin, name, reference), "pull")}</div>`,
    login &&
      html`<details><summary>This registry wants a name and a password</summary>
<div>${commandList(loginCommands(origin, name, reference), "log in")}</div></details>`,
    html`<details><summary>${summary}</summary><div class="hints">${hints(origin).map(hint)}</div></details>`,
  );
}

function commandList(commands: readonly Command[], purpose: string): Html {
  const items = commands.map(
    ({ tool, line }) =>
      html`<li><h3>${tool}</h3>${copyable(line, `the ${tool} command to ${purpose}`)}</li>`,
  );
  return html`<ul class="commands">${items}</ul>`;
}

function hint({ tool, text, file, lines }: Hint): Html {
  return html`<section><h3>${tool}</h3><p>${text}${file !== undefined && html`: <code>${file}</code>`}</p>
${lines !== undefined && html`<pre>${lines}</pre>`}</section>`;
}
