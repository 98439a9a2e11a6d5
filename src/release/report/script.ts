/**
 * The script of the page. Everything can be read without it; it brings in what cannot be done without: buttons that copy, the
 * filter, one stop of the Tab key for a whole matrix, and the full digests of the tag that has the focus.
 *
 * @module
 */
import { COPYING } from "../../serve/page/script.ts";

export const SCRIPT = `
"use strict";
(() => {
  const drawing = (name, state) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", state);
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", "#i-" + name);
    svg.append(use);
    return svg;
  };
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.setAttribute("aria-label", "Copy " + button.dataset.copy);
    button.title = "Copy " + button.dataset.copy;
    button.append(drawing("copy", "todo"), drawing("done", "done"));
  }
${COPYING}
  // A matrix is one stop of the Tab key; the arrows move in it.
  const matrix = document.querySelector("table.matrix");
  const cells = all("table.matrix td.t a");
  const enter = (cell = cells.find((one) => !one.closest("tr").hidden)) => {
    for (const one of cells) one.tabIndex = one === cell ? 0 : -1;
  };
  enter();

  // Filtering: every row and every mirror that has a name, wherever it stands on the page.
  const form = document.getElementById("filter");
  if (form !== null) {
    const field = form.querySelector("input[type=search]");
    const wrong = form.querySelector("input[type=checkbox]");
    const count = document.getElementById("count");
    const before = count.textContent;
    const rows = all("[data-name]");
    const apply = () => {
      const wanted = field.value.trim().toLowerCase();
      let shown = 0;
      let mirrors = 0;
      for (const row of rows) {
        row.hidden = !row.dataset.name.includes(wanted) || (wrong !== null && wrong.checked && "fine" in row.dataset);
        if (row.closest(".matrix") === null) continue;
        mirrors++;
        if (!row.hidden) shown++;
      }
      count.textContent = shown === mirrors ? before : shown + " of " + before + " shown";
      enter();
    };
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", apply);
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      field.value = "";
      apply();
    });
    apply();
  }

  const linkAt = (row, column) => row?.cells[column]?.querySelector("a");
  matrix?.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td.t");
    if (cell === null || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rows = [...matrix.tBodies[0].rows].filter((row) => !row.hidden);
    const row = rows.indexOf(cell.parentElement);
    const columns = [...cell.parentElement.cells];
    const near = {
      ArrowRight: () => columns.slice(cell.cellIndex + 1).map((one) => one.querySelector("a")).find(Boolean),
      ArrowLeft: () => columns.slice(1, cell.cellIndex).reverse().map((one) => one.querySelector("a")).find(Boolean),
      ArrowDown: () => rows.slice(row + 1).map((one) => linkAt(one, cell.cellIndex)).find(Boolean),
      ArrowUp: () => rows.slice(0, row).reverse().map((one) => linkAt(one, cell.cellIndex)).find(Boolean),
      Home: () => columns.slice(1).map((one) => one.querySelector("a")).find(Boolean),
      End: () => columns.reverse().map((one) => one.querySelector("a")).find(Boolean),
    }[event.key]?.();
    if (near === undefined) {
      if (event.key.startsWith("Arrow")) event.preventDefault();
      return;
    }
    event.preventDefault();
    near.focus();
  });
  for (const one of all(".keys")) one.hidden = cells.length < 2;

  // The whole digests of the tag that has the focus. They stand further down as well, where they can be copied.
  const peek = document.getElementById("peek");
  matrix?.addEventListener("focusin", (event) => {
    const link = event.target.closest("td.t a");
    if (link === null) return;
    enter(link);
    peek.hidden = link.title === "";
    const row = link.closest("tr").querySelector("th a").textContent;
    peek.querySelector("b").textContent = row + " " + link.closest("td").dataset.label;
    peek.querySelector("code").textContent = link.title;
  });
  matrix?.addEventListener("focusout", () => { peek.hidden = true; });
  addEventListener("keydown", (event) => { if (event.key === "Escape") peek.hidden = true; });
  addEventListener("wheel", () => { peek.hidden = true; }, { passive: true });

  // Links lead into what is folded up; browsers that do not open it are helped.
  const reveal = () => {
    const target = location.hash === "" ? null : document.getElementById(location.hash.slice(1));
    const folded = target?.closest("details:not([open])");
    if (folded == null) return;
    folded.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
`;
