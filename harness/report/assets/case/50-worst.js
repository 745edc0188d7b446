// The worst elements. Pointing at one shows, in the drawing below, the products that make it up.

import { h, table } from "../modules/dom.js";
import { named, productsOf } from "../modules/geometry.js";
import { counted } from "../modules/numbers.js";
import { caseSection } from "../modules/registry.js";

const HEADS = ["index", "expected", "actual", "abs", "rel", "ulp", "bound", "products"];

caseSection("Worst elements", ({ call, result, point }) => {
  const failing = result.checks.filter((check) => check.worst.length);
  if (!failing.length) return null;
  const row = ({ index, cells: [shown, ...others] }) => {
    if (!call.geometry || index.length !== 4) return [shown, ...others, ""];
    const element = named(index, call.layout);
    const products = counted(productsOf(call.geometry, element).count, "product");
    const choose = () => point(element);
    return [h("button", { type: "button", class: "link", click: choose, focus: choose, pointerenter: choose,
      title: "Show the products in the drawing" }, shown), ...others, products];
  };
  return failing.map((check) => [
    h("p", {}, `${check.name}, in the layout of the call (${call.layout}):`),
    table(HEADS, check.worst.map(row), { class: "numbers", "aria-label": `Worst elements of ${check.name}` }),
  ]);
});
