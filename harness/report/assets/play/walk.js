// Stepping through a form, forwards and back: its loops with the values they have, and what this iteration does.

import { h } from "../modules/dom.js";
import { FORMS, factorsOf, iterationAt, lengthOf, loopsAt, productOf } from "./forms.js";
import { factorText, indexText, numeral, signed } from "./tiles.js";

const TITLES = { scatter: "Scatter: the seven loops", gather: "Gather", rotated: "Rotated filter" };
// What the innermost loop does: along one axis, and along two.
const BODIES = {
  scatter: [["h = p·sh + r·dh − pt", "in_backprop[h] += filter[r] · out_backprop[p]"],
    ["h, w = p·sh + r·dh − pt, q·sw + s·dw − pl", "in_backprop[h,w] += filter[r,s] · out_backprop[p,q]"]],
  gather: [["p = (h + pt − r·dh) / sh", "in_backprop[h] += filter[r] · out_backprop[p]"],
    ["p, q = (h + pt − r·dh) / sh, (w + pl − s·dw) / sw", "in_backprop[h,w] += filter[r,s] · out_backprop[p,q]"]],
  rotated: [["in_backprop[h] += filter[R−1−t] · stuffed[h + t·dh]"],
    ["in_backprop[h,w] += filter[R−1−t, S−1−v]", "    · stuffed[h + t·dh, w + v·dw]"]],
};
const PACE = 700; // milliseconds

export const walk = (get, set) => {
  const name = `form-${Math.random().toString(36).slice(2)}`;
  const radios = Object.keys(FORMS).map((form) => h("label", {}, h("input", { type: "radio", name, value: form,
    change: () => set({ form, step: null, look: get().settings.look }) }), ` ${TITLES[form]}`));
  const slider = h("input", { type: "range", min: 0, "aria-label": "Iteration", input: () => go(slider.valueAsNumber) });
  const count = h("span", { class: "count" });
  const now = h("p", { class: "now", role: "status" });
  const loops = h("ol", { class: "loops", "aria-label": "The loops, outermost first" });
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    now.setAttribute("aria-live", "polite");
    play.textContent = "Play";
  };
  const last = () => lengthOf(get().geometry, get().settings.form);
  const at = () => get().settings.step ?? last();
  const go = (step) => set({ step: Math.min(Math.max(step, 0), last()), look: "" });
  const button = (label, act, ...text) => h("button", { type: "button", "aria-label": text.length === 1 && label, title: label, click: () => { stop(); act(); } }, text);
  const arrow = (text) => h("span", { "aria-hidden": "true" }, text);
  const play = h("button", { type: "button", click: () => {
    if (timer) return stop();
    if (at() >= last()) go(0);
    play.textContent = "Pause";
    now.setAttribute("aria-live", "off"); // nobody listens to a sentence for each step of a walk
    timer = setInterval(() => (at() < last() && play.isConnected ? go(at() + 1) : stop()), PACE);
    return null;
  } }, "Play");
  const element = h("div", { class: "walk" },
    h("fieldset", { class: "forms" }, h("legend", {}, "Walk through it as"), radios),
    h("div", { class: "stepper" },
      button("Before the first iteration", () => go(0), "|◀"), button("One iteration back", () => go(at() - 1), arrow("◀ "), "Back"),
      button("One iteration on", () => go(at() + 1), "Next", arrow(" ▶")), button("After the last iteration", () => go(last()), "▶|"), play, slider, count),
    now);

  const paint = ({ geometry, operands, settings, step, it }) => {
    const { form, dimensions } = settings;
    radios.forEach((label) => { label.firstChild.checked = label.firstChild.value === form; });
    slider.max = last();
    slider.value = step;
    slider.setAttribute("aria-valuetext", `iteration ${step} of ${last()}`);
    count.textContent = `${step} of ${last()}`;
    const extents = FORMS[form].extents(geometry);
    const values = step ? loopsAt(geometry, form, step - 1) : null;
    const before = step > 1 ? loopsAt(geometry, form, step - 2) : null;
    loops.replaceChildren(...FORMS[form].loops.map((loop, place) => h("li", { class: extents[place] === 1 && "single", style: `--depth:${place}` },
      `for ${loop} in range(${extents[place]}):`, values && h("b", { class: before && before[place] !== values[place] && "changed" }, `${loop} = ${values[place]}`))),
    ...BODIES[form][dimensions - 1].map((text) => h("li", { class: "body", style: "--depth:7" }, text)));
    now.textContent = step === 0 ? "Nothing has been added yet." : settings.look ? looking(step, last(), settings.look)
      : sentence({ geometry, operands, dimensions, form, it, step });
  };
  return { element, loops, paint, stop };
};

const looking = (step, all, look) => {
  const [kind] = look.split(".");
  return `${step === all ? `All ${all} iterations are done; Play goes through them.` : `${step} of ${all} iterations are done.`} `
    + `${kind === "at" ? "Marked: an element of in_backprop and what it sums." : "Marked: where an element of out_backprop scatters."}`;
};

const sentence = ({ geometry, operands, dimensions, form, it, step }) => {
  const text = (axes) => indexText(geometry, dimensions, axes, it);
  const lead = `Iteration ${step}: `;
  const place = text(["h", "w", "c"]);
  if (!it.met && form === "scatter") return `${lead}filter[${text(["r", "s"])}] of out_backprop[${text(["p", "q"])}] lies at ${place}, in the padding: dropped (C6).`;
  if (!it.met && form === "gather") {
    const [value, axis] = Number.isInteger(it.p) && it.p >= 0 && it.p < geometry.height.output ? [it.q, "q"] : [it.p, "p"];
    return `${lead}for in_backprop[${place}] tap ${text(["r", "s"])} needs ${axis} = ${numeral(Number(value.toFixed(3)))}, which is not there: nothing is added.`;
  }
  if (!it.met) return `${lead}the rotated filter's tap ${text(["t", "v"])}, which is r ${text(["r", "s"])}, meets a zero: 0 is added to in_backprop[${place}].`;
  const [factor, other] = factorsOf(geometry, operands, it);
  return `${lead}in_backprop[${place}] += ${factorText(geometry, dimensions, it)} = ${numeral(factor)} · `
    + `${signed(other)} = ${numeral(productOf(geometry, operands, it))}.`;
};
