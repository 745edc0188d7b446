// Puts the page together, once its records are read.

import { announce, h } from "./dom.js";
import { casePanel } from "./casepanel.js";
import { help, listenToKeys } from "./keys.js";
import { ResultList, compares } from "./list.js";
import { loadModel } from "./model.js";
import { panels } from "./registry.js";
import { changed, fragment, onState, setState, state } from "./state.js";

const start = async () => {
  const model = await loadModel();
  drawPanels(model);
  const open = (row, keep = true) => setState({ open: model.key(row) }, { keep });
  const list = new ResultList(model, (row) => open(row));
  const step = (by) => {
    list.select(list.selected + by);
    if (panel.open && list.rows.length) open(list.rows[list.selected], false);
    else list.focus();
  };
  const panel = casePanel(model, { onClose: () => { setState({ open: "" }); list.focus(); }, onStep: step });
  const helpDialog = help();
  document.getElementById("list").append(list.element);
  document.body.append(panel.element, helpDialog);
  document.getElementById("help").addEventListener("click", () => helpDialog.showModal());
  listenToKeys({ list, panel, help: helpDialog, open: () => list.rows.length && open(list.rows[list.selected]), step });
  if (compares(model) && !location.hash) history.replaceState(null, "", fragment({ q: "change:*" }));
  follow(model, list, panel);
  document.getElementById("without").remove();
  document.documentElement.classList.add("ready");
  performance.mark("ready");
};

const drawPanels = (model) => {
  for (const { id, title, draw, place } of panels) {
    const content = draw(model);
    if (!content) continue;
    const heading = h("h2", { id: `${id}-title`, tabindex: "-1" }, title);
    const where = compares(model) && place === "above" ? "below" : place; // of two runs, first what changed
    document.getElementById(where).append(h("section", { id, "aria-labelledby": heading.id }, heading, content));
  }
};

// Show what the address says, now and whenever it changes.
const follow = (model, list, panel) => {
  const rowOf = new Map();
  const keyed = (key) => {
    if (!rowOf.size) for (let row = 0; row < model.results; row += 1) rowOf.set(model.key(row), row);
    return rowOf.get(key);
  };
  let before = state().q;
  onState(({ q, sort, open: key }) => {
    list.update({ q, sort });
    const row = key ? keyed(key) : undefined;
    if (row !== undefined) panel.show(row);
    else panel.hide();
    if (key && row === undefined) announce("This page has no such result");
    if (q !== before && !document.activeElement.closest("input")) {
      document.getElementById("results").scrollIntoView({ block: "start" });
    }
    before = q;
  });
  changed();
};

// Anchors of the page would drop the filter from the address.
const anchors = () => document.querySelectorAll("nav a[href^='#']").forEach((anchor) =>
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    const target = document.getElementById(anchor.getAttribute("href").slice(1));
    target.querySelectorAll("details").forEach((one) => { one.open = true; });
    target.scrollIntoView({ block: "start" });
    target.querySelector("h2").focus({ preventScroll: true });
  }));

const failed = (error) => {
  document.getElementById("cause").textContent = typeof DecompressionStream === "undefined"
    ? "This browser cannot unpack the records (it has no DecompressionStream): use one of 2023 or later."
    : `The records could not be read: ${error.message}`;
};

start().then(anchors, failed);
