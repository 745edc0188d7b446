// All products as chips, in the order of the loops; a button takes them apart by the element that each belongs to.

import { announce, h } from "../modules/dom.js";
import { iterationAt, lengthOf, productOf, termsAt } from "./forms.js";
import { indexWords, numeral, tapClass } from "./tiles.js";

const MOST = 160;
const MOVES = 600; // milliseconds

const moved = (chips, rearrange) => {
  const before = chips.map((chip) => chip.getBoundingClientRect());
  rearrange();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  chips.forEach((chip, at) => {
    const now = chip.getBoundingClientRect();
    const [x, y] = [before[at].left - now.left, before[at].top - now.top];
    chip.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], { duration: MOVES, easing: "ease-in-out" });
  });
};

export const chipsSection = (geometry, operands, dimensions) => {
  const made = [];
  const length = lengthOf(geometry, "scatter");
  for (let number = 0; number < length && made.length < MOST; number += 1) {
    const it = iterationAt(geometry, "scatter", number);
    if (it.met) made.push({ ...it, number: number + 1 });
  }
  if (!made.length) return [h("p", {}, "There are no products.")];
  const chips = new Map(made.map((it) => [it.number, h("span", { class: `chip ${tapClass(geometry, it.r, it.s)}`, title: `product ${it.number}` },
    h("small", {}, `${it.number} `), numeral(productOf(geometry, operands, it)))]));
  const words = (axes, it) => indexWords(geometry, dimensions, axes, it);
  const groups = (keyOf, label) => {
    const found = new Map();
    for (const it of made) found.set(keyOf(it), [...(found.get(keyOf(it)) ?? []), it]);
    return [...found.values()].map((own) => [label(own), own]);
  };
  const byLoops = () => groups((it) => words(["p", "q"], it), ([it]) => words(["p", "q"], it));
  const byElement = () => groups((it) => words(["h", "w", "c"], it), ([it]) => words(["h", "w", "c"], it))
    .sort(([, [a]], [, [b]]) => a.h - b.h || a.w - b.w || a.c - b.c)
    .map(([label, own]) => [label, termsAt(geometry, "gather", own[0]).map((it) => own.find((one) => one.p === it.p && one.q === it.q && one.k === it.k && one.r === it.r && one.s === it.s)).filter(Boolean)]);
  const rows = h("div", { class: "chips" });
  const show = (sorted, sums) => rows.replaceChildren(...sorted.map(([label, own]) => h("p", {}, h("small", { class: "of" }, label),
    own.map((it) => chips.get(it.number)), sums && h("b", {}, `= ${numeral(own.reduce((sum, it) => sum + productOf(geometry, operands, it), 0))}`))));
  let gathered = false;
  const button = h("button", { type: "button", "aria-pressed": "false", click: () => {
    gathered = !gathered;
    moved([...chips.values()], () => show(gathered ? byElement() : byLoops(), gathered && made.length < MOST));
    button.setAttribute("aria-pressed", String(gathered));
    button.textContent = gathered ? "Back to the order of the loops" : "Reorder scatter into gather";
    announce(gathered ? "The products by the element of in_backprop that they belong to" : "The products in the order of the loops");
  } }, "Reorder scatter into gather");
  show(byLoops(), false);
  return [h("p", {}, button), rows, ...(made.length === MOST ? [h("p", { class: "told" }, `The first ${MOST} products.`)] : [])];
};
