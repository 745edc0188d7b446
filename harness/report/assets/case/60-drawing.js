// The convolution to scale: in_backprop in its padding, the filter's taps, out_backprop; and what makes up one element.

import { h, svg } from "../modules/dom.js";
import { named, productsOf, spanOf, tapsAlong } from "../modules/geometry.js";
import { count, counted } from "../modules/numbers.js";
import { caseSection } from "../modules/registry.js";

const SIDE = 380;
const LINES = 5; // cells smaller than this have no grid
const SHOWN = 24;

const scaleOf = ({ height, width }) => {
  const extent = (axis) => Math.max(axis.input + axis.pad_before + axis.pad_after, axis.output, axis.filter, 1);
  return Math.min(32, SIDE / Math.max(extent(height), extent(width)));
};

const grid = (rows, columns, size, kind) => {
  const lines = [];
  if (size >= LINES) {
    for (let at = 1; at < rows; at += 1) lines.push(svg("line", { x1: 0, x2: columns * size, y1: at * size, y2: at * size }));
    for (let at = 1; at < columns; at += 1) lines.push(svg("line", { y1: 0, y2: rows * size, x1: at * size, x2: at * size }));
  }
  return svg("g", { class: kind }, svg("rect", { width: columns * size, height: rows * size }), lines);
};

const square = (kind, row, column, size, title) =>
  svg("rect", { class: kind, x: column * size, y: row * size, width: size, height: size }, title && svg("title", {}, title));

const frame = (label, rows, columns, size, ...content) => h("figure", {},
  svg("svg", { viewBox: `-1 -1 ${columns * size + 2} ${rows * size + 2}`, width: columns * size + 2, height: rows * size + 2,
    role: "img", "aria-label": label }, content),
  h("figcaption", {}, label));

const cross = (row, column, size) => svg("g", { class: "untouched", transform: `translate(${column * size} ${row * size})` },
  svg("rect", { width: size, height: size }, svg("title", {}, "no product reaches this element: it is 0")),
  svg("path", { d: `M1 1L${size - 1} ${size - 1}M${size - 1} 1L1 ${size - 1}` }));

// Elements that no product reaches are 0 (C5).
const untouched = ({ height, width }, size) => {
  if (size < LINES) return null;
  const [rows, columns] = [height, width].map((axis) =>
    Array.from({ length: axis.input }, (_, at) => tapsAlong(axis, at).count > 0));
  return rows.flatMap((row, h_) => columns.map((column, w) => (row && column ? null
    : cross(h_ + height.pad_before, w + width.pad_before, size))));
};

// Where the filter lies for one position of out_backprop, and its taps.
const placed = ({ height, width }, p, q, size, kind) => {
  const taps = [];
  if (kind === "filter" && size >= LINES) {
    for (let r = 0; r < height.filter; r += 1) for (let s = 0; s < width.filter; s += 1) {
      taps.push(svg("circle", { class: "tap", r: Math.max(1, size / 7),
        cx: (q * width.stride + s * width.dilation + 0.5) * size, cy: (p * height.stride + r * height.dilation + 0.5) * size }));
    }
  }
  return svg("g", { class: kind }, svg("rect", {
    x: q * width.stride * size, y: p * height.stride * size, width: spanOf(width) * size, height: spanOf(height) * size,
  }), taps);
};

const sentence = (geometry, element, { quadruples, terms, channels, count: total }) => {
  const axes = ["n", "h", "w", "c"].filter((axis) => element[axis] !== undefined).map((axis) => `${axis} ${element[axis]}`);
  const lead = `in_backprop at ${axes.join(", ")}`;
  if (!total) return `${lead}: no product reaches it, so it is 0.`;
  const shown = quadruples.slice(0, SHOWN).map((quadruple) => `(${quadruple})`).join(" ");
  const more = terms > SHOWN ? ` and ${count(terms - SHOWN)} more` : "";
  return `${lead} is the sum of ${counted(total, "product")}: (p,q,r,s) = ${shown}${more}, `
    + `each over ${counted(channels, "output channel")}${geometry.groups > 1 ? " of its group" : ""}.`;
};

caseSection("To scale", ({ call, result, onPoint }) => {
  const { geometry } = call;
  if (!geometry) return null;
  const { height, width } = geometry;
  const size = scaleOf(geometry);
  const [tall, wide] = [height, width].map((axis) => axis.input + axis.pad_before + axis.pad_after);
  const marks = { input: svg("g"), output: svg("g"), filter: svg("g") };
  const said = h("output", { class: "products" });

  const show = (element) => {
    const products = productsOf(geometry, element);
    marks.input.replaceChildren(square("chosen", element.h + height.pad_before, element.w + width.pad_before, size));
    marks.output.replaceChildren(...products.quadruples.map(([p, q]) => square("partner", p, q, size)));
    marks.filter.replaceChildren(...products.quadruples.map(([, , r, s]) => square("partner", r, s, size)));
    said.textContent = sentence(geometry, element, products);
    [fields.h.value, fields.w.value] = [element.h, element.w];
  };
  const field = (axis, extent) => h("input", { type: "number", min: 0, max: Math.max(0, extent - 1), value: 0, "aria-label": `${axis} of the element`,
    input: () => {
      const chosen = { h: Math.trunc(fields.h.valueAsNumber), w: Math.trunc(fields.w.valueAsNumber) };
      if (chosen.h >= 0 && chosen.h < height.input && chosen.w >= 0 && chosen.w < width.input) show(chosen);
    } });
  const fields = { h: field("h", height.input), w: field("w", width.input) };
  const pointed = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = (offset, total, cells, before) => Math.floor((offset / total) * cells) - before;
    const element = {
      h: at(event.clientY - box.top, box.height, tall, height.pad_before),
      w: at(event.clientX - box.left, box.width, wide, width.pad_before),
    };
    if (element.h >= 0 && element.h < height.input && element.w >= 0 && element.w < width.input) show(element);
  };

  const input = frame(`in_backprop, ${height.input}×${width.input} in its padding`, tall, wide, size,
    grid(tall, wide, size, "padding"),
    svg("g", { transform: `translate(${width.pad_before * size} ${height.pad_before * size})` }, grid(height.input, width.input, size, "input")),
    untouched(geometry, size),
    height.output > 1 && width.output > 0 && placed(geometry, 1, 0, size, "next"),
    width.output > 1 && height.output > 0 && placed(geometry, 0, 1, size, "next"),
    height.output > 0 && width.output > 0 && placed(geometry, 0, 0, size, "filter"),
    marks.input);
  input.querySelector("svg").addEventListener("pointermove", pointed);
  onPoint(show);
  const worst = result.checks.flatMap((check) => check.worst)[0];
  if (worst?.index.length === 4) show(named(worst.index, call.layout));
  else if (height.input && width.input) show({ h: height.input >> 1, w: width.input >> 1 });
  return [
    h("p", {}, `Stride ${height.stride}×${width.stride}, dilation ${height.dilation}×${width.dilation}, padding `
      + `${height.pad_before} above, ${height.pad_after} below, ${width.pad_before} left, ${width.pad_after} right. `
      + "Solid: the filter for p, q = 0, 0, a dot for each tap; dashed: one stride further. Crossed: no product reaches it."),
    h("div", { class: "figures drawing" }, input,
      frame(`filter, ${height.filter}×${width.filter}`, height.filter, width.filter, size, grid(height.filter, width.filter, size, "kernel"), marks.filter),
      frame(`out_backprop, ${height.output}×${width.output}`, height.output, width.output, size, grid(height.output, width.output, size, "output"), marks.output)),
    height.input > 0 && width.input > 0 && h("p", { class: "choose" }, "Point at an element of in_backprop, or give ", h("label", {}, "h ", fields.h), " ", h("label", {}, "w ", fields.w), ":"),
    said,
  ];
});
