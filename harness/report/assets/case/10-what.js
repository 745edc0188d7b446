// What happened, what it looks like, and whether that was known.

import { h, link, name } from "../modules/dom.js";
import { counted } from "../modules/numbers.js";
import { changeWords } from "../modules/cells.js";
import { caseSection } from "../modules/registry.js";

caseSection("", ({ model, row, result }) => {
  const [why, diagnosis] = [model.value("why", row), model.value("diagnosis", row)];
  const change = model.value("change", row);
  const message = result.message && !why.includes(result.message) ? result.message : null;
  return h("div", { class: "what" },
    change && h("p", {}, h("b", {}, changeWords(change)), " since the other run"),
    why && h("p", { class: "why" }, name(why)),
    diagnosis && h("p", { class: "diagnosis" }, h("b", {}, "It looks like this: "), name(diagnosis)),
    result.deviation && h("p", { class: "deviation" }, h("b", {}, model.is(row, "not-as-expected") ? "Said to be known: " : "Known: "),
      name(result.deviation.reason), " ", result.deviation.link && link(result.deviation.link), " ",
      h("small", {}, name(result.deviation.place))),
    message && h("pre", {}, message),
    result.stderr && h("pre", { "aria-label": "standard error" }, result.stderr),
    typeof result.detects === "number" && h("p", {}, `This case is known to detect ${counted(result.detects, "mutant")}.`));
});
