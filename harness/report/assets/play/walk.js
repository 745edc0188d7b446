// Stepping through a form, forwards and back: its loops with the values they have, and what this iteration does.

import { h } from "../modules/dom.js";
import { FORMS, iterationAt, lengthOf, loopsAt, productOf } from "./forms.js";
import { indexText, numeral, signed } from "./tiles.js";

const TITLES = { scatter: "Scatter: the seven loops", gather: "Gather", rotated: "Rotated filter" };
const BODIES = {
  scatter: "h = p·sh + r·dh − pt;  in_backprop[h] += filter[r] · out_backprop[p]",
  gather: "p = (h + pt − r·dh) / sh;  in_backprop[h] += filter[r] · out_backprop[p]",
  rotated: "in_backprop[h] += filter[R−1−t] · stuffed[h + t·dh]",
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
  const body = h("p", { class: "body" });
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  const last = () => lengthOf(get().geometry, get().settings.form);
  const at = () => get().settings.step ?? last();
  const go = (step) => set({ step: Math.min(Math.max(step, 0), last()), look: "" });
  const button = (text, label, act) => h("button", { type: "button", "aria-label": label, title: label, click: () => { stop(); act(); } }, text);
  const play = h("button", { type: "button", click: () => {
    if (timer) return stop();
    if (at() >= last()) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => (at() < last() && play.isConnected ? go(at() + 1) : stop()), PACE);
    return null;
  } }, "Play");
  const element = h("div", { class: "walk" },
    h("fieldset", { class: "forms" }, h("legend", {}, "Walk through it as"), radios),
    h("div", { class: "stepper" },
      button("⏮", "Before the first iteration", () => go(0)), button("◀ Back", "One iteration back", () => go(at() - 1)),
      button("Next ▶", "One iteration on", () => go(at() + 1)), button("⏭", "After the last iteration", () => go(last())), play, slider, count),
    now, h("div", { class: "code" }, loops, body));

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
    loops.replaceChildren(...FORMS[form].loops.map((loop, place) => h("li", { class: extents[place] === 1 && "single" },
      `for ${loop} in 0..${extents[place] - 1}`, values && h("b", { class: before && before[place] !== values[place] && "changed" }, ` ${loop} = ${values[place]}`))));
    body.textContent = BODIES[form];
    now.textContent = step === 0 ? "Nothing has been added yet." : sentence({ geometry, operands, dimensions, form, it, step });
  };
  return { element, paint, stop };
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
  const factor = operands.filter(it.r, it.s, it.c % (geometry.C / geometry.groups), it.k);
  return `${lead}in_backprop[${place}] += filter[${text(["r", "s"])}] · out_backprop[${text(["p", "q", "k"])}] = ${numeral(factor)} · `
    + `${signed(operands.out_backprop(it.p, it.q, it.k))} = ${numeral(productOf(geometry, operands, it))}.`;
};
