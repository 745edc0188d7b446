// Where the error lies: heat maps of error over limit, over height and width, over channels, over the phase.

import { h, svg } from "../modules/dom.js";
import { number, short } from "../modules/numbers.js";
import { caseSection } from "../modules/registry.js";

const SIDE = 340;
const STEPS = [0, 0.1, 0.25, 0.5, 1, 2, 10, Infinity]; // darker means worse; a ring marks what is over the limit

const shade = (value) => {
  if (value === null) return "none";
  const real = number(value);
  return `s${Number.isNaN(real) ? STEPS.length - 1 : STEPS.findIndex((step) => real <= step)}`;
};

const over = (value) => value !== null && !(number(value) <= 1);

const map = (title, rows, columns, values, place) => {
  const size = Math.max(5, Math.min(26, Math.floor(SIDE / Math.max(rows, columns))));
  const readout = h("output", {}, "Point at a cell.");
  const failing = values.filter(over).length;
  const cells = values.map((value, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const words = `${place(row, column)}: ${value === null ? "no element" : `${short(value)} of the limit`}`;
    return svg("g", { pointerenter: () => { readout.textContent = words; } },
      svg("rect", { class: `cell ${shade(value)}`, x: column * size, y: row * size, width: size - 1, height: size - 1 }, svg("title", {}, words)),
      over(value) && size >= 7 && svg("circle", { class: "ring", cx: (column + 0.5) * size - 0.5, cy: (row + 0.5) * size - 0.5, r: size / 6 }));
  });
  return h("figure", {},
    svg("svg", { viewBox: `0 0 ${columns * size} ${rows * size}`, width: columns * size, height: rows * size, role: "img",
      "aria-label": `${title}: ${failing} of ${values.length} cells over the limit` }, cells),
    h("figcaption", {}, title, h("br"), readout));
};

const span = (letter, place, step) => (step === 1 ? `${letter} ${place}` : `${letter} ${place * step} to ${(place + 1) * step - 1}`);

const drawable = (one) => one && one.values.length > 0;

const maps = ({ height_width: area, channels, phase }) => [
  drawable(area) && map("over height (down) and width", area.shape[0], area.shape[1], area.values,
    (row, column) => `${span("h", row, area.step[0])}, ${span("w", column, area.step[1])}`),
  phase && phase.values.length > 1 && map("over the phase modulo the stride", phase.shape[0], phase.shape[1], phase.values,
    (row, column) => `(h + pad_top) mod stride ${row}, (w + pad_left) mod stride ${column}`),
  channels && channels.values.length > 1 && map("over channels", Math.ceil(channels.values.length / 16), Math.min(16, channels.values.length),
    padded(channels.values), (row, column) => span("c", row * 16 + column, channels.step)),
];

const padded = (values) => (values.length <= 16 ? values : [...values, ...new Array((16 - (values.length % 16)) % 16).fill(null)]);

const legend = () => h("p", { class: "legend" }, "Error over limit:",
  STEPS.slice(1).map((step, at) => h("span", {}, h("span", { class: `swatch s${at + 1}` }),
    step === Infinity ? ` over ${STEPS.at(-2)}` : ` up to ${step}`)), " A ring marks what is over the limit.");

caseSection("Where the error lies", ({ result }) => {
  const mapped = result.checks.filter((check) => check.maps);
  if (!mapped.length) return null;
  return [legend(), mapped.map((check) => [
    mapped.length > 1 && h("h4", {}, check.name), h("div", { class: "figures" }, maps(check.maps))])];
});
