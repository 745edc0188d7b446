// Every implementation on this case. Equal letters are equal bits.

import { h, name, table } from "../modules/dom.js";
import { short } from "../modules/numbers.js";
import { marginBar, verdictMark } from "../modules/cells.js";
import { caseSection } from "../modules/registry.js";
import { fragment } from "../modules/state.js";

const letters = (model, rows) => {
  const given = new Map();
  return rows.map((row) => {
    const bits = model.value("bits", row);
    if (bits === null) return "";
    if (!given.has(bits)) given.set(bits, given.size < 26 ? String.fromCharCode(65 + given.size) : bits);
    return given.get(bits);
  });
};

caseSection("Side by side", ({ model, row, siblings }) => {
  if (siblings.length < 2) return null;
  const several = model.runs.length > 1;
  const ran = siblings.some((one) => model.value("ran", one));
  const same = letters(model, siblings);
  const heads = ["implementation", several && "run", "verdict", "margin", "bits", "seconds", ran && "ran", "what happened"];
  return table(heads.filter(Boolean), siblings.map((one, at) => [
    one === row ? h("b", { "aria-current": "true" }, name(model.value("implementation", one)))
      : h("a", { href: fragment({ open: model.key(one) }) }, name(model.value("implementation", one))),
    ...(several ? [name(model.value("run", one))] : []),
    verdictMark(model, one), marginBar(model.numbers.margin[one]), same[at], short(model.numbers.seconds[one]),
    ...(ran ? [name(model.value("ran", one) ?? "")] : []),
    h("span", { class: "clip", title: model.value("why", one) }, name(model.value("why", one))),
  ]), { class: "beside", "aria-label": "Every implementation on this case" });
});
