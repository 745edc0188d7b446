// The keyboard: `/ j k Enter Esc ?`. In a field only Esc means something.

import { h } from "./dom.js";

const KEYS = [
  ["/", "go to the filter"],
  ["j k", "the next and the previous result, also in an opened one"],
  ["Enter", "open the result"],
  ["Esc", "close it; leave the filter"],
  ["?", "this"],
];
const FILTERS = [
  ["xla float32", "words of an id, an implementation, or of what happened"],
  ["dtype:bfloat16 strides:2", "both must hold; a comma means either: dtype:half,bfloat16"],
  ["verdict:deviates is:not-as-expected", "is: known-deviation, warning, proves-little, as-expected"],
  ["-implementation:tf-xla", "a minus takes away; * stands for anything: implementation:tf-onednn*"],
  ["margin:>0.9 margin:0.5..0.9", "by number; seconds as well"],
  ["padding:EXPLICIT layout:NCHW", "also: stride, dilations, groups, empty, expect, covers, tag, file, error, signal, ran"],
];

export const help = () => {
  const rows = (pairs, tag) => pairs.map(([left, right]) => h("tr", {}, h("th", { scope: "row" }, h(tag, {}, left)), h("td", {}, right)));
  const dialog = h("dialog", { class: "help", "aria-labelledby": "help-title" },
    h("h2", { id: "help-title" }, "Keys and filters"),
    h("table", {}, h("tbody", {}, rows(KEYS, "kbd"), rows(FILTERS, "code"))),
    h("button", { type: "button", click: () => dialog.close() }, "Close"));
  return dialog;
};

export const listenToKeys = ({ list, panel, help: helpDialog, open, step }) => {
  const actions = {
    "/": () => list.search(),
    j: () => step(1),
    k: () => step(-1),
    "?": () => helpDialog.showModal(),
    Enter: () => open(),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || helpDialog.open) return;
    const field = event.target.closest("input, textarea, select");
    if (field && event.key === "Escape") field.blur();
    if (field && event.key === "Enter" && field.id === "search") list.focus();
    if (field || !(event.key in actions)) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary, dialog")) return;
    if (event.key === "/" && panel.open) return;
    event.preventDefault();
    actions[event.key]();
  });
};
