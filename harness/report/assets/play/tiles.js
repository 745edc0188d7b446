// How taps, indices and numbers are written, the same in every figure.

import { readAt } from "./forms.js";

export const tapClass = ({ width }, r, s) => `tap tap-${(r * width.filter + s) % 9}`;

// The axes of an index that there is anything to say of.
const said = ({ C, K }, dimensions) => (axis) => "hprt".includes(axis) || (dimensions === 2 && "wqsv".includes(axis))
  || (axis === "c" && C > 1) || (axis === "k" && K > 1);

export const indexText = (geometry, dimensions, axes, it) => axes.filter(said(geometry, dimensions)).map((axis) => it[axis]).join(",");

// The two factors of a product with their indices. The filter's third extent is C/G: its c counts within the group (C8).
export const factorText = (geometry, dimensions, it) => {
  const { filter, out_backprop } = readAt(geometry, it);
  return `filter[${indexText(geometry, dimensions, ["r", "s", "c", "k"], filter)}] · `
    + `out_backprop[${indexText(geometry, dimensions, ["p", "q", "k"], out_backprop)}]`;
};

export const indexWords = (geometry, dimensions, axes, it) =>
  axes.filter(said(geometry, dimensions)).map((axis) => `${axis} ${it[axis]}`).join(", ");

export const signed = (value) => (value < 0 ? `(${numeral(value)})` : numeral(value));

export const numeral = (value) => String(Number.isInteger(value) ? value : Number(value.toPrecision(6))).replace("-", "−");
