/**
 * The script of the page, inline and with its hash in the policy. Everything works without it, but copying with a
 * button and filtering while typing, whose controls it brings in.
 *
 * @module
 */

/** Copying with buttons, as every page of hiatus does it: finds its elements, says what it did in `#said`. */
export const COPYING = `\
  const all = (selector) => [...document.querySelectorAll(selector)];
  const said = document.getElementById("said");
  let clearing;

  // A text that is set twice is not announced twice, so it is taken away first.
  const say = (text) => {
    clearTimeout(clearing);
    said.textContent = "";
    setTimeout(() => { said.textContent = text; }, 40);
    clearing = setTimeout(() => { said.textContent = ""; }, 4000);
  };

  const select = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };

  // Browsers give the clipboard only to HTTPS and to this machine; elsewhere the old command still works.
  const copy = async (node) => {
    try {
      await navigator.clipboard.writeText(node.textContent);
      return true;
    } catch {
      select(node);
      return document.execCommand("copy");
    }
  };

  for (const button of all("button[data-copy]")) {
    button.hidden = false;
    let ending;
    button.addEventListener("click", async () => {
      const done = await copy(button.parentElement.querySelector("code"));
      say(done ? "Copied " + button.dataset.copy : "Selected " + button.dataset.copy + ": copy it with the keyboard");
      if (!done) return;
      button.dataset.copied = "";
      clearTimeout(ending);
      ending = setTimeout(() => { delete button.dataset.copied; }, 2000);
    });
  }
`;

export const SCRIPT = `
"use strict";
(() => {
${COPYING}
  // A list on several pages is filtered by the registry, on Enter.
  for (const form of all("form[data-live]")) {
    const field = form.elements.namedItem("q");
    const rows = all("tbody tr");
    const count = document.getElementById("count");
    const before = count.textContent;
    const apply = () => {
      const wanted = field.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.dataset.name.toLowerCase().includes(wanted);
        if (!row.hidden) shown++;
      }
      count.textContent = wanted === "" ? before : shown + " of " + rows.length + " shown";
    };
    form.querySelector("button").hidden = true;
    form.addEventListener("submit", (event) => event.preventDefault());
    field.addEventListener("input", apply);
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      field.value = "";
      apply();
    });
    if (field.value !== "") apply();
  }
})();
`;
