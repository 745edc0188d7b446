// One element's sum: the same numbered products in three orders with a running total, and what a mistake sums beside it.

import { h } from "../modules/dom.js";
import { factorsOf, productOf, termsAt, turnOf } from "./forms.js";
import { mistakenTerms } from "./mistakes.js";
import { factorText, indexWords, numeral, signed, tapClass } from "./tiles.js";

const MOST = 48;
const ORDERS = [
  ["scatter", "Scatter", "as the loops come by: p rises"],
  ["gather", "Gather", "r rises, so p falls"],
  ["rotated", "Rotated filter", "t rises, so r = R−1−t falls and p rises"],
];

const item = (geometry, operands, dimensions, it, total, view) => {
  const number = it.read ? "×" : turnOf(geometry, "scatter", it) + 1; // the loops make no product of these two
  const paired = view.pair && turnOf(geometry, "scatter", view.pair) + 1 === number;
  const [factor, other] = factorsOf(geometry, operands, it);
  return h("li", { class: paired && "pair", "data-product": !it.read && number },
    h("span", { class: `chip ${tapClass(geometry, it.r, it.s)}` }, number),
    h("span", {}, h("small", {}, factorText(geometry, dimensions, it)), h("br"), `${numeral(factor)} · ${signed(other)} = `,
      h("b", {}, numeral(productOf(geometry, operands, it)))),
    h("output", { title: "running total" }, numeral(total)));
};

const list = (geometry, operands, dimensions, terms, view) => {
  let total = 0;
  const items = terms.map((it) => item(geometry, operands, dimensions, it, total += productOf(geometry, operands, it), view));
  return [h("ol", { class: "terms" }, items.slice(0, MOST), items.length > MOST && h("li", {}, `and ${items.length - MOST} more`)),
    h("p", { class: "total" }, "= ", h("b", {}, numeral(total)))];
};

export const elementSum = (geometry, operands, dimensions, padding) => {
  const element = h("div", { class: "sums" });
  const allMistaken = new Map();
  const mistakenAt = (mistake, at) => {
    if (!allMistaken.has(mistake)) allMistaken.set(mistake, mistakenTerms(geometry, padding, mistake));
    return allMistaken.get(mistake).filter((it) => it.h === at.h && it.w === at.w && it.c === at.c);
  };
  const paint = (view) => {
    if (!view.at) {
      element.replaceChildren(h("p", {}, "No element of in_backprop is looked at: what lands in the padding is dropped (C6)."));
      return;
    }
    const named = `in_backprop at ${indexWords(geometry, dimensions, ["h", "w", "c"], view.at)}`;
    const columns = ORDERS.map(([form, title, order]) => h("section", { class: form === view.form && "current" },
      h("h4", {}, title), h("p", { class: "told" }, order),
      list(geometry, operands, dimensions, termsAt(geometry, form, view.at), view)));
    const wrong = view.mistake && h("section", { class: "wrong" }, h("h4", {}, "With the mistake"),
      h("p", { class: "told" }, view.mistake.says), list(geometry, operands, dimensions, mistakenAt(view.mistake, view.at), view));
    element.replaceChildren(h("p", {}, h("b", {}, named), ": the same products, numbered as the seven loops make them."),
      h("div", { class: "columns" }, columns, wrong));
  };
  return { element, paint };
};
