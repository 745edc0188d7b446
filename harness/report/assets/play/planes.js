// The three views as planes of cells: where one element of out_backprop scatters, what one element of in_backprop
// gathers, and the stuffed out_backprop under the rotated filter. Along one axis a plane is a row.

import { h, svg } from "../modules/dom.js";
import { isThere, placeOf, spanOf, stuffedAt, stuffedExtent } from "../modules/geometry.js";
import { flatAt, termsAt } from "./forms.js";
import { indexWords, numeral, tapClass } from "./tiles.js";

// A plane of height by width; along one axis the height is drawn from left to right.
const plane = (label, [rows, columns], flat, digits, make) => {
  const across = flat ? rows : columns;
  const cells = Array.from({ length: rows * columns }, (_, at) => make(Math.floor(at / columns), at % columns));
  const element = h("div", { class: "plane", style: `--across:${across};--digits:${digits}`, role: "group", "aria-label": label }, cells);
  return { element, at: (row, column) => cells[row * columns + column], cells };
};

// Of a plane of buttons one is reached by Tab, the others by the arrows.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const roving = ({ element, cells }, columns) => {
  const buttons = cells.filter((cell) => cell.tagName === "BUTTON");
  const only = (chosen) => buttons.forEach((button) => { button.tabIndex = button === chosen ? 0 : -1; });
  only(buttons[0]);
  element.addEventListener("focusin", ({ target }) => only(target));
  element.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const at = cells.indexOf(event.target);
    const [row, column] = [Math.floor(at / columns) + step[0], (at % columns) + step[1]];
    const next = column >= 0 && column < columns ? cells[row * columns + column] : null;
    if (next?.tagName === "BUTTON") next.focus();
  });
};

const labelled = (text, ...content) => h("div", { class: "labelled" }, h("small", {}, text), content);

// `number` is that of a product of the element, `tap` what lies on the cell: told by the sum below, so drawn only.
const write = (cell, classes, { number, tap }, ...content) => {
  cell.className = ["cell-of", ...classes].filter(Boolean).join(" ");
  for (const [key, value] of [["data-number", number], ["data-tap", tap]]) {
    if (value === undefined) cell.removeAttribute(key);
    else cell.setAttribute(key, value);
  }
  cell.replaceChildren(...content.filter((one) => one !== null && one !== undefined && one !== false));
};

const tapName = (flat, r, s) => h("small", {}, flat ? `r ${r}` : `${r},${s}`);

const same = (a, b) => Boolean(a && b) && a.p === b.p && a.q === b.q && a.r === b.r && a.s === b.s;

const plainCell = () => h("div", { class: "cell-of" });

// Of the element that is looked at: its products over one output channel, as the loops number them from 1.
const partners = (geometry, { at, k }) =>
  (at ? termsAt(geometry, "scatter", at).filter((it) => it.k === k) : []).map((it, at) => ({ ...it, number: at + 1 }));

export const scatterView = (geometry, operands, dimensions, digits) => {
  const { height, width, C } = geometry;
  const [tall, wide] = [height, width].map((axis) => axis.input + axis.pad_before + axis.pad_after);
  const said = h("p", { class: "told" });
  const sources = plane("out_backprop", [height.output, width.output], false, digits.out_backprop, () =>
    h("button", { type: "button", title: "Where it scatters" }));
  const places = plane("in_backprop in its padding", [tall, wide], false, digits.in_backprop, (row, column) => {
    const [place, w] = [row - height.pad_before, column - width.pad_before];
    return isThere(place, height.input) && isThere(w, width.input)
      ? h("button", { type: "button", title: "Its taps" }) : plainCell();
  });
  roving(sources, width.output);
  roving(places, wide);
  const element = h("figure", { class: "view view-scatter" }, h("h3", {}, "Scatter: lay the filter down forwards"), said,
    h("div", { class: "stage" }, labelled("out_backprop", sources.element), labelled("in_backprop, with its padding", places.element)));
  const paint = (view) => {
    const { from, k, c, sums } = view;
    said.textContent = from ? `out_backprop at p ${from.p}, q ${from.q} goes to every place the filter lies on there, times that tap.`
      : "Choose an element of out_backprop to see where it goes, or one of in_backprop to see what reaches it.";
    const used = partners(geometry, view);
    for (let p = 0; p < height.output; p += 1) for (let q = 0; q < width.output; q += 1) {
      const met = used.find((it) => it.p === p && it.q === q);
      const cell = sources.at(p, q);
      write(cell, [from && from.p === p && from.q === q && "chosen", met && tapClass(geometry, met.r, met.s), view.pair && view.pair.p === p && view.pair.q === q && "pair"],
      { number: met?.number }, h("b", {}, numeral(operands.out_backprop(p, q, k))));
      cell.dataset.look = `from.${p}.${q}.${k}`;
      cell.setAttribute("aria-label", `out_backprop p ${p}, q ${q}: ${numeral(operands.out_backprop(p, q, k))}`);
    }
    const taps = new Map();
    if (from) for (let r = 0; r < height.filter; r += 1) for (let s = 0; s < width.filter; s += 1) {
      taps.set(`${placeOf(height, from.p, r)},${placeOf(width, from.q, s)}`, [r, s]);
    }
    for (let row = 0; row < tall; row += 1) for (let column = 0; column < wide; column += 1) {
      const [place, w] = [row - height.pad_before, column - width.pad_before];
      const there = isThere(place, height.input) && isThere(w, width.input);
      const tap = taps.get(`${place},${w}`);
      const cell = places.at(row, column);
      const chosen = view.at && view.at.h === place && view.at.w === w;
      const value = there ? sums[flatAt(geometry, { h: place, w, c })] : null;
      write(cell, [!there && "padded", tap && tapClass(geometry, ...tap), tap && !there && "dropped", chosen && "chosen",
        view.pair && view.pair.h === place && view.pair.w === w && "pair"],
      { tap: tap?.join(",") }, there && h("b", {}, numeral(value)));
      if (there) cell.dataset.look = `at.${place}.${w}.${c}`;
      if (there) cell.setAttribute("aria-label", `in_backprop h ${place}, w ${w}${C > 1 ? `, c ${c}` : ""}: ${numeral(value)}`);
      if (there) cell.setAttribute("aria-pressed", String(Boolean(chosen)));
    }
  };
  return { element, paint };
};

const line = (from, to, box, kind) => svg("line", { class: kind, x1: from.left + from.width / 2 - box.left, y1: from.bottom - box.top,
  x2: to.left + to.width / 2 - box.left, y2: to.top - box.top });

export const gatherView = (geometry, operands, dimensions, digits) => {
  const flat = dimensions === 1;
  const { height, width } = geometry;
  const said = h("p", { class: "told" });
  const lines = svg("svg", { class: "lines", "aria-hidden": "true" });
  const taps = plane("filter", [height.filter, width.filter], flat, digits.filter, plainCell);
  const sources = plane("out_backprop", [height.output, width.output], flat, digits.out_backprop, plainCell);
  const stage = h("div", { class: flat ? "stage crossing" : "stage", tabindex: "0", role: "group", "aria-label": "What is gathered" }, labelled("filter, forwards", taps.element),
    h("div", { class: "labelled" }, sources.element, h("small", {}, "out_backprop")), flat && lines);
  const element = h("figure", { class: "view view-gather" }, h("h3", {}, "Gather: solve for p, and p falls as r rises"), said, stage);
  let drawn = () => {};
  const paint = (view) => {
    const used = partners(geometry, view);
    said.textContent = view.at ? gathered(geometry, dimensions, view, used)
      : view.from && view.pair === null ? "What lies in the padding is gathered by no element (C6)." : "Choose an element of in_backprop.";
    for (let r = 0; r < height.filter; r += 1) for (let s = 0; s < width.filter; s += 1) {
      const met = used.find((it) => it.r === r && it.s === s);
      write(taps.at(r, s), [tapClass(geometry, r, s), view.at && !met && "waiting", view.pair && view.pair.r === r && view.pair.s === s && "pair"],
        { number: flat ? undefined : met?.number }, h("b", {}, numeral(operands.filter(r, s, view.cInGroup, view.k))), tapName(flat, r, s));
    }
    for (let p = 0; p < height.output; p += 1) for (let q = 0; q < width.output; q += 1) {
      const met = used.find((it) => it.p === p && it.q === q);
      write(sources.at(p, q), [met && tapClass(geometry, met.r, met.s), view.pair && view.pair.p === p && view.pair.q === q && "pair"],
        { number: flat ? undefined : met?.number }, h("b", {}, numeral(operands.out_backprop(p, q, view.k))), h("small", {}, flat ? `p ${p}` : `${p},${q}`));
    }
    drawn = () => {
      const box = stage.getBoundingClientRect();
      lines.setAttribute("viewBox", `0 0 ${box.width || 1} ${box.height || 1}`);
      lines.replaceChildren(...used.map((it) => line(taps.at(it.r, it.s).getBoundingClientRect(), sources.at(it.p, it.q).getBoundingClientRect(), box,
        [tapClass(geometry, it.r, it.s), same(view.pair, it) && "pair"].filter(Boolean).join(" "))));
    };
    if (flat) drawn();
  };
  if (flat) new ResizeObserver(() => drawn()).observe(stage);
  return { element, paint };
};

const gathered = ({ height, width, K }, dimensions, { at, k }, used) => {
  if (!used.length) return `No product reaches ${indexWords({ C: 1, K: 1 }, dimensions, ["h", "w"], at)}: it is exactly 0 (C5).`;
  const rows = `p = (h + ${height.pad_before} − ${height.dilation === 1 ? "" : `${height.dilation}·`}r)${height.stride === 1 ? "" : ` / ${height.stride}`}`;
  const columns = `q = (w + ${width.pad_before} − ${width.dilation === 1 ? "" : `${width.dilation}·`}s)${width.stride === 1 ? "" : ` / ${width.stride}`}`;
  return `For ${indexWords({ C: 1, K: 1 }, dimensions, ["h", "w"], at)}: ${rows}${dimensions === 2 ? `, ${columns}` : ""}. `
    + (dimensions === 1 ? "The lines cross: that is the minus sign." : "Equal numbers meet; in the filter they run backwards: that is the minus sign.")
    + (K > 1 ? ` Output channel k ${k} is shown.` : "");
};

export const rotatedView = (geometry, operands, dimensions, digits) => {
  const flat = dimensions === 1;
  const { height, width } = geometry;
  const [tall, wide] = [stuffedExtent(height), stuffedExtent(width)];
  const sources = [height, width].map((axis) =>
    new Map(Array.from({ length: axis.output }, (_, p) => [stuffedAt(axis, p), p])));
  const said = h("p", { class: "told" });
  const over = plane("the rotated filter where it lies", [flat ? tall : height.filter, flat ? 1 : width.filter], flat, flat ? Math.max(digits.filter, digits.out_backprop) : digits.filter, plainCell);
  const stuffed = plane("out_backprop, stuffed with zeros and padded", [tall, wide], flat, flat ? Math.max(digits.filter, digits.out_backprop) : digits.out_backprop, plainCell);
  const element = h("figure", { class: "view view-rotated" }, h("h3", {}, "Rotated filter: read from the back, partners face each other"), said,
    h("div", { class: flat ? "stage straight" : "stage", tabindex: "0", role: "group", "aria-label": "Under the rotated filter" }, labelled("filter, rotated", over.element), labelled("out_backprop, stuffed and padded with zeros", stuffed.element)));
  const paint = (view) => {
    const { at, k, cInGroup } = view;
    const used = partners(geometry, view);
    said.textContent = `${stuffing(height, flat)} The filter reads ${flat ? "r = R−1−t" : "r = R−1−t, s = S−1−v"}.`;
    const tapAt = (row, column) => {
      if (!at) return null;
      const [t, v] = [(row - at.h) / height.dilation, (column - at.w) / width.dilation];
      return isThere(t, height.filter) && isThere(v, width.filter) ? [height.filter - 1 - t, width.filter - 1 - v] : null;
    };
    const filterCell = (cell, r, s) => {
      const met = used.find((it) => it.r === r && it.s === s);
      write(cell, [tapClass(geometry, r, s), view.at && !met && "waiting", view.pair && view.pair.r === r && view.pair.s === s && "pair"],
        { number: flat ? undefined : met?.number }, h("b", {}, numeral(operands.filter(r, s, cInGroup, k))), tapName(flat, r, s), flat && h("small", {}, `t ${height.filter - 1 - r}`));
    };
    if (flat) over.cells.forEach((cell, row) => {
      const tap = tapAt(row, 0);
      if (tap) filterCell(cell, ...tap);
      else write(cell, ["nothing"], {});
    });
    else over.cells.forEach((cell, number) =>
      filterCell(cell, height.filter - 1 - Math.floor(number / width.filter), width.filter - 1 - (number % width.filter)));
    for (let row = 0; row < tall; row += 1) for (let column = 0; column < wide; column += 1) {
      const [p, q] = [sources[0].get(row), sources[1].get(column)];
      const tap = tapAt(row, column);
      const there = p !== undefined && q !== undefined;
      const met = there && used.find((it) => it.p === p && it.q === q);
      write(stuffed.at(row, column), [tap && tapClass(geometry, ...tap), !there && "zero", tap && !there && "under",
        there && view.pair && view.pair.p === p && view.pair.q === q && "pair", tap && "window"],
      { number: flat || !met ? undefined : met.number }, there ? h("b", {}, numeral(operands.out_backprop(p, q, k))) : "0", there && flat && h("small", {}, `p ${p}`));
    }
  };
  return { element, paint };
};

const stuffing = (axis, flat) => {
  const between = axis.stride - 1;
  const before = spanOf(axis) - 1 - axis.pad_before;
  const edge = before >= 0 ? `${before} before` : `${-before} cut off before`;
  return `${between ? `${between} zero${between > 1 ? "s" : ""} between the elements` : "No zeros between the elements"}, ${edge}${flat ? "" : " (rows)"}: effR − 1 − pt.`;
};
