/**
 * How to push to a registry that can be written.
 *
 * @module
 */
import { type Html, html } from "./html.ts";
import type { Origin } from "./origin.ts";
import { card, copyable } from "./parts.ts";

/** A card with the commands. */
export function pushHint({ host, secure }: Origin): Html {
  const lines = [
    { tool: "hiatus", line: `hiatus push oci:dist/pause/oci ${host}/pause:3.10.2` },
    { tool: "Docker", line: `docker push ${host}/pause:3.10.2` },
    {
      tool: "skopeo",
      line: `skopeo copy --all ${secure ? "" : "--dest-tls-verify=false "}oci:dist/pause/oci docker://${host}/pause:3.10.2`,
    },
  ];
  const items = lines.map(
    ({ tool, line }) =>
      html`<li><h3>${tool}</h3>${copyable(line, `the ${tool} command to push`)}</li>`,
  );
  return card(
    { id: "push", title: "Push" },
    html`<div class="inside"><ul class="commands">${items}</ul></div>`,
  );
}
