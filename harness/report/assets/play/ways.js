// Two ways, one sum: the playground. One state, from which everything is drawn; the address holds all of it.

import { h } from "../modules/dom.js";
import { isThere, spanOf } from "../modules/geometry.js";
import { chipsSection } from "./chips.js";
import { callControls, presetButtons } from "./controls.js";
import { iterationAt, lengthOf, resultAfter } from "./forms.js";
import { MISTAKES, mistakeCalled } from "./mistakes.js";
import { operandsOf } from "./numbers.js";
import { gatherView, rotatedView, scatterView } from "./planes.js";
import { geometryOf, sameCall } from "./settings.js";
import { elementSum } from "./sum.js";
import { indexWords, numeral } from "./tiles.js";
import { productTable } from "./table.js";
import { walk } from "./walk.js";

// `settings` to start from; `given` are a case's own operands, with `fits` that says of which settings; `failure` is what
// a kernel returned, with the settings that look at the place. `onChange` gets the settings.
export const twoWays = ({ settings: first, given = null, notes = [], failure = null }, onChange = () => {}) => {
  let settings = first;
  let drawing = null;
  const get = () => ({ settings, ...drawing });
  const called = h("p", { class: "called" });
  const problem = h("p", { class: "problem", role: "alert" });
  const figures = h("div", { class: "figures-of" });
  const sums = h("div");
  const chips = h("div");
  const said = failure && failed(failure, failure.settings);
  const below = h("div", { class: "below" });

  const set = (changes) => {
    settings = { ...settings, ...changes };
    onChange(settings);
    paint();
  };
  const change = (next) => {
    walker.stop();
    settings = { ...next, form: settings.form, step: null, mistake: settings.mistake };
    if (!looked(settings)) settings.look = middleOf(settings);
    onChange(settings);
    build();
  };
  const controls = callControls(() => settings, change);
  const walker = walk(get, set);
  const mistake = h("select", { "aria-label": "Show a mistake beside", change: ({ target }) => set({ mistake: target.value }) },
    h("option", { value: "" }, "no mistake"), MISTAKES.map(({ key, says }) => h("option", { value: key }, says)));

  let pointed = {};
  // What is pointed at, a product or a place, is marked in all views. What is drawn anew under the pointer changes nothing.
  const mark = ({ product, look } = {}) => {
    if (product === pointed.product && look === pointed.look) return;
    pointed = { product, look };
    paint();
  };
  const marking = (container) => {
    container.addEventListener("pointerover", ({ target }) => mark(target.closest("[data-product], [data-look]")?.dataset));
    container.addEventListener("pointerleave", () => mark());
    container.addEventListener("click", ({ target }) => {
      const place = target.closest("[data-look]");
      if (place) set({ look: place.dataset.look });
    });
    return container;
  };

  const build = () => {
    const geometry = geometryOf(settings);
    controls.show();
    problem.textContent = geometry.error ?? "";
    below.hidden = Boolean(geometry.error);
    if (said) said.hidden = !sameCall(settings, failure.settings);
    if (geometry.error) return;
    const own = given && given.fits(settings) ? given : null;
    const operands = operandsOf(geometry, own);
    const { dimensions, padding } = settings;
    const digits = digitsOf(geometry, operands);
    const parts = [
      ...(dimensions === 1 ? [productTable(geometry, operands)] : [scatterView(geometry, operands, dimensions, digits)]),
      gatherView(geometry, operands, dimensions, digits), rotatedView(geometry, operands, dimensions, digits),
      elementSum(geometry, operands, dimensions, padding)];
    pointed = {};
    drawing = { geometry, operands, parts, last: null };
    called.replaceChildren(...calledAs(geometry, settings));
    figures.replaceChildren(h("div", { class: "riddle" }, parts[0].element, walker.loops), h("div", { class: "views" }, parts[1].element, parts[2].element));
    figures.className = `figures-of in-${dimensions}d`;
    sums.replaceChildren(parts[3].element);
    chips.replaceChildren(...chipsSection(geometry, operands, dimensions));
    paint();
  };

  const paint = () => {
    const view = viewOf({ ...settings, look: pointed.look ?? settings.look }, drawing, pointed.product);
    mistake.value = view.mistake ? view.mistake.key : "";
    drawing.parts.forEach((part) => part.paint(view));
    walker.paint({ ...drawing, settings, step: view.done, it: view.it });
  };

  const element = h("div", { class: "ways" },
    presetButtons(change),
    h("div", { class: "ways-body" },
      h("details", { class: "call-of", open: matchMedia("(min-width: 62rem)").matches }, h("summary", {}, "Change the call"), controls.element),
      h("div", { class: "story" }, notes.length > 0 && h("p", { class: "told" }, `To fit: ${notes.join("; ")}.`), said, problem, below)));
  below.append(called, walker.element, marking(figures), h("section", {}, h("h3", {}, "One element, one sum"),
    h("p", { class: "beside" }, "Show a mistake beside: ", mistake), marking(sums)),
  h("section", {}, h("h3", {}, "Every product"), chips));
  build();
  return { element, show: (next) => { settings = next; build(); } };
};

const looked = ({ look, ...settings }) => {
  const geometry = geometryOf(settings);
  if (!look || geometry.error) return Boolean(geometry.error);
  const [kind, a, b, c] = look.split(".");
  const { height, width, C, K } = geometry;
  const extents = kind === "at" ? [height.input, width.input, C] : [height.output, width.output, K];
  return [a, b, c].every((index, at) => isThere(Number(index), extents[at]));
};

const middleOf = (settings) => {
  const geometry = geometryOf(settings);
  return geometry.error ? "" : `at.${geometry.height.input >> 1}.${geometry.width.input >> 1}.0`;
};

// What is marked: the iteration that was stepped to, or the place that was pointed at, and over both a product.
const viewOf = (settings, drawing, product) => {
  const { geometry, operands } = drawing;
  const { form, look } = settings;
  const length = lengthOf(geometry, form);
  const done = Math.min(settings.step ?? length, length);
  const it = done ? iterationAt(geometry, form, done - 1) : null;
  const valid = look && looked(settings);
  const [kind, ...indices] = valid ? look.split(".").map((part, at) => (at ? Number(part) : part)) : ["step"];
  const view = { form, done, it, sums: sumsOf(drawing, form, done), mistake: mistakeCalled(settings.mistake),
    at: null, from: null, pair: product ? iterationAt(geometry, "scatter", product - 1) : (kind === "step" && it && it.met ? it : null) };
  if (kind === "at") view.at = { h: indices[0], w: indices[1], c: indices[2] };
  if (kind === "from") view.from = { p: indices[0], q: indices[1], k: indices[2] };
  if (kind === "step" && it) {
    const reached = isThere(it.h, geometry.height.input) && isThere(it.w, geometry.width.input);
    view.at = reached ? { h: it.h, w: it.w, c: it.c } : null;
    if (isThere(it.p, geometry.height.output) && isThere(it.q, geometry.width.output)) view.from = { p: it.p, q: it.q, k: it.k };
  }
  const perGroup = geometry.C / geometry.groups;
  view.c = view.at?.c ?? (view.from ? Math.floor(view.from.k / (geometry.K / geometry.groups)) * perGroup : 0);
  view.k = view.pair?.k ?? (kind === "from" ? view.from.k : Math.floor(view.c / perGroup) * (geometry.K / geometry.groups));
  view.cInGroup = view.c % perGroup;
  return view;
};

// Characters of the longest number of each array, for which a cell makes room.
const digitsOf = (geometry, operands) => {
  const { height, width, C, K, groups } = geometry;
  const longest = (numbers) => Math.max(1, ...numbers.map((number) => numeral(number).length));
  const range = (extent) => Array.from({ length: extent }, (_, at) => at);
  const sums = resultAfter(geometry, operands, "scatter", lengthOf(geometry, "scatter"));
  return {
    filter: longest(range(height.filter).flatMap((r) => range(width.filter).flatMap((s) =>
      range(C / groups).flatMap((c) => range(K).map((k) => operands.filter(r, s, c, k)))))),
    out_backprop: longest(range(height.output).flatMap((p) => range(width.output).flatMap((q) => range(K).map((k) => operands.out_backprop(p, q, k))))),
    in_backprop: longest(sums),
  };
};

// Kept from one iteration to the next: a call may have a hundred thousand.
const sumsOf = (drawing, form, done) => {
  const { geometry, operands, last } = drawing;
  const sums = resultAfter(geometry, operands, form, done, last?.form === form ? last : undefined);
  drawing.last = { form, done, sums };
  return sums;
};

const calledAs = ({ height, width, C, K, groups }, { dimensions, padding }) => {
  const axis = (name, { input, filter, stride, dilation, pad_before, pad_after, output }, [P, pt]) => [
    h("b", {}, name), ` ${input}, filter ${filter}`, dilation > 1 && ` spanning ${spanOf({ filter, dilation })} (C2)`, stride > 1 && `, stride ${stride}`,
    ` → ${P} = ${output} (C3)`, pad_before + pad_after > 0 && `, ${pt} ${pad_before} before, ${pad_after} after (${padding === "SAME" ? "C4" : "C12"})`, ". "];
  return [...axis("Height", height, ["P", "padding"]), ...(dimensions === 2 ? axis("Width", width, ["Q", "padding"]) : []),
    C * K > 1 && `${C} input and ${K} output channels${groups > 1 ? ` in ${groups} groups (C8)` : ""}.`].filter(Boolean);
};

// What a kernel gave at the place that is looked at first.
const failed = ({ implementation, returned, expected, diagnosis, more }, settings) => {
  const geometry = geometryOf(settings);
  const [, place, w, c] = settings.look.split(".");
  return h("p", { class: "failure" }, h("b", {}, implementation),
    ` returned ${returned} at ${indexWords(geometry, 2, ["h", "w", "c"], { h: place, w, c })}, where ${expected} is right.`, diagnosis && ` It looks like this: ${diagnosis.replace(/\.$/, "")}.`,
    more && [h("br"), h("small", {}, more)]);
};
