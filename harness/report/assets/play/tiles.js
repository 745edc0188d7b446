// How taps, indices and numbers are written, the same in every figure.

export const tapClass = ({ width }, r, s) => `tap tap-${(r * width.filter + s) % 9}`;

// The axes of an index that there is anything to say of.
const said = ({ C, K }, dimensions) => (axis) => "hprt".includes(axis) || (dimensions === 2 && "wqsv".includes(axis))
  || (axis === "c" && C > 1) || (axis === "k" && K > 1);

export const indexText = (geometry, dimensions, axes, it) => axes.filter(said(geometry, dimensions)).map((axis) => it[axis]).join(",");

// The filter's third extent is C/G: its index of c counts within the group (C8).
export const filterIndex = (geometry, dimensions, it) =>
  indexText(geometry, dimensions, ["r", "s", "c", "k"], { ...it, c: it.c % (geometry.C / geometry.groups) });

export const indexWords = (geometry, dimensions, axes, it) =>
  axes.filter(said(geometry, dimensions)).map((axis) => `${axis} ${it[axis]}`).join(", ");

export const signed = (value) => (value < 0 ? `(${numeral(value)})` : numeral(value));

export const numeral = (value) => String(Number.isInteger(value) ? value : Number(value.toPrecision(6))).replace("-", "−");
