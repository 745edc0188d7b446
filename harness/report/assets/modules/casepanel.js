// One result in full, over the list. Its parts are the files in `case`.

import { h, name } from "./dom.js";
import { caseSections } from "./registry.js";
import { verdictMark } from "./cells.js";

export const casePanel = (model, { onClose, onStep }) => {
  const body = h("div", { class: "body" });
  const dialog = h("dialog", { class: "case", "aria-labelledby": "case-title", close: onClose,
    click: ({ target }) => { if (target === dialog) dialog.close(); } },
    h("nav", { "aria-label": "Results" },
      h("button", { type: "button", click: () => onStep(-1), title: "k" }, "Previous"),
      h("button", { type: "button", click: () => onStep(1), title: "j" }, "Next"),
      h("button", { type: "button", class: "close", click: () => dialog.close(), title: "Esc" }, "Close")),
    body);
  let shown = -1;

  const show = async (row) => {
    if (row === shown && dialog.open) return;
    shown = row;
    const { call, result } = await model.details(row);
    if (row !== shown) return; // the reader went on while this was read
    const context = { model, row, call, result, siblings: model.siblings(row), ...pointing() };
    body.replaceChildren(heading(context), ...caseSections.map((section) => drawn(section, context)).filter(Boolean));
    if (!dialog.open) dialog.showModal();
    body.scrollTop = 0;
    document.getElementById("case-title").focus();
  };

  return {
    element: dialog,
    show,
    hide: () => {
      shown = -1;
      if (dialog.open) dialog.close();
    },
    get open() { return dialog.open; },
  };
};

const pointing = () => {
  const listeners = [];
  return { point: (index) => listeners.forEach((listener) => listener(index)), onPoint: (one) => listeners.push(one) };
};

const heading = ({ model, row }) => h("header", { class: "title" },
  h("h2", { id: "case-title", tabindex: "-1" }, name(model.value("id", row))),
  h("p", {}, verdictMark(model, row), " on ", name(model.value("implementation", row)),
    model.runs.length > 1 && [" in run ", name(model.value("run", row))]));

const drawn = ({ title, draw }, context) => {
  const content = draw(context);
  return content && h("section", {}, title && h("h3", {}, title), content);
};
