// Three forms of one sum, an iteration at a time: the seven loops that scatter, the loops that gather, and the
// correlation of the stuffed out_backprop with the rotated filter. One image; k and c stay within their group (C8).

import { isThere, placeOf, sourceOf, spanOf } from "../modules/geometry.js";

// Loop variables of iteration `number`; the last loop runs fastest.
const unravelled = (number, extents) => {
  const indices = new Array(extents.length);
  let rest = number;
  for (let at = extents.length - 1; at >= 0; at -= 1) {
    indices[at] = rest % extents[at];
    rest = Math.floor(rest / extents[at]);
  }
  return indices;
};

const raveled = (indices, extents) => indices.reduce((number, index, at) => number * extents[at] + index, 0);

const perGroup = ({ C, K, groups }) => [C / groups, K / groups];

// An iteration: the two elements that are multiplied, the one that is added to, and whether all of them are there.
const iteration = (geometry, it) => ({ ...it, met: isThere(it.h, geometry.height.input) && isThere(it.w, geometry.width.input)
  && isThere(it.p, geometry.height.output) && isThere(it.q, geometry.width.output) });

const scatterAt = (geometry, [, p, q, k, r, s, c]) => {
  const [C, K] = perGroup(geometry);
  return iteration(geometry, { p, q, k, r, s, c: Math.floor(k / K) * C + c,
    h: placeOf(geometry.height, p, r), w: placeOf(geometry.width, q, s) });
};

const gatherAt = (geometry, [, h, w, c, r, s, k]) => {
  const [C, K] = perGroup(geometry);
  return iteration(geometry, { h, w, c, r, s, k: Math.floor(c / C) * K + k,
    p: sourceOf(geometry.height, h, r), q: sourceOf(geometry.width, w, s) });
};

// The p whose element lies at a place of the stuffed axis; zeros have none.
const behind = (axis, place) => (place - (spanOf(axis) - 1 - axis.pad_before)) / axis.stride;

const rotatedAt = (geometry, [, h, w, c, t, v, k]) => {
  const { height, width } = geometry;
  const [C, K] = perGroup(geometry);
  return iteration(geometry, { h, w, c, t, v, r: height.filter - 1 - t, s: width.filter - 1 - v, k: Math.floor(c / C) * K + k,
    p: behind(height, h + t * height.dilation), q: behind(width, w + v * width.dilation) });
};

export const FORMS = {
  scatter: {
    loops: ["n", "p", "q", "k", "r", "s", "c"],
    extents: (g) => [1, g.height.output, g.width.output, g.K, g.height.filter, g.width.filter, g.C / g.groups],
    indices: (g, { p, q, k, r, s, c }) => [0, p, q, k, r, s, c % (g.C / g.groups)],
    read: scatterAt,
  },
  gather: {
    loops: ["n", "h", "w", "c", "r", "s", "k"],
    extents: (g) => [1, g.height.input, g.width.input, g.C, g.height.filter, g.width.filter, g.K / g.groups],
    indices: (g, { h, w, c, r, s, k }) => [0, h, w, c, r, s, k % (g.K / g.groups)],
    read: gatherAt,
  },
  rotated: {
    loops: ["n", "h", "w", "c", "t", "v", "k"],
    extents: (g) => [1, g.height.input, g.width.input, g.C, g.height.filter, g.width.filter, g.K / g.groups],
    indices: (g, { h, w, c, r, s, k }) => [0, h, w, c, g.height.filter - 1 - r, g.width.filter - 1 - s, k % (g.K / g.groups)],
    read: rotatedAt,
  },
};

export const lengthOf = (geometry, form) => FORMS[form].extents(geometry).reduce((product, extent) => product * extent, 1);

export const loopsAt = (geometry, form, number) => unravelled(number, FORMS[form].extents(geometry));

export const iterationAt = (geometry, form, number) => FORMS[form].read(geometry, loopsAt(geometry, form, number));

// When a form makes a product, counted from 0. Its number in the seven loops is its name in all of them.
export const turnOf = (geometry, form, product) =>
  raveled(FORMS[form].indices(geometry, product), FORMS[form].extents(geometry));

// Where the two factors of a product stand. A mistake may read other channels than those of the product.
export const readAt = (geometry, { r, s, c, k, p, q, read = {} }) => ({
  filter: { r, s, c: read.c ?? c % (geometry.C / geometry.groups), k: read.k ?? k },
  out_backprop: { p, q, k: read.sourceK ?? k },
});

export const factorsOf = (geometry, operands, it) => {
  const { filter, out_backprop } = readAt(geometry, it);
  return [operands.filter(filter.r, filter.s, filter.c, filter.k), operands.out_backprop(out_backprop.p, out_backprop.q, out_backprop.k)];
};

export const productOf = (geometry, operands, it) => factorsOf(geometry, operands, it).reduce((product, factor) => product * factor);

export const flatAt = (geometry, { h, w, c }) => (h * geometry.width.input + w) * geometry.C + c;

// in_backprop [H W C] after so many iterations of a form; from a result that has some of them, forwards or back.
export const resultAfter = (geometry, operands, form, iterations, { done, sums } = { done: 0, sums: null }) => {
  const result = sums ?? new Array(geometry.height.input * geometry.width.input * geometry.C).fill(0);
  const sign = iterations < done ? -1 : 1;
  for (let number = Math.min(done, iterations); number < Math.max(done, iterations); number += 1) {
    const it = iterationAt(geometry, form, number);
    if (it.met) result[flatAt(geometry, it)] += sign * productOf(geometry, operands, it);
  }
  return result;
};

// The products of one element of in_backprop, in the order in which a form adds them.
export const termsAt = (geometry, form, { h, w, c }) => {
  const [C, K] = perGroup(geometry);
  const found = [];
  for (let r = 0; r < geometry.height.filter; r += 1) for (let s = 0; s < geometry.width.filter; s += 1) {
    for (let k = 0; k < K; k += 1) {
      const it = gatherAt(geometry, [0, h, w, c, r, s, k]);
      if (it.met) found.push(it);
    }
  }
  return found.sort((a, b) => turnOf(geometry, form, a) - turnOf(geometry, form, b));
};
