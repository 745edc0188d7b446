// What some of the mutants sum instead, by their names and by what a diagnosis calls them: other axes, or other taps.

import { iterationAt, lengthOf } from "./forms.js";
import { spanOf } from "../modules/geometry.js";

const one = (key, value) => ({ height, width }) => ({ height: { ...height, [key]: value(height) }, width: { ...width, [key]: value(width) } });
const exchanged = (...keys) => ({ height, width }) => ({ height: swapped(height, width, keys), width: swapped(width, height, keys) });
const swapped = (axis, other, keys) => ({ ...axis, ...Object.fromEntries(keys.map((key) => [key, other[key]])) });
const both = (change) => ({ height, width }) => ({ height: change(height), width: change(width) });
const withPads = (axis, total) => ({ ...axis, pad_before: Math.floor(total / 2), pad_after: total - Math.floor(total / 2) });
const leftover = (axis) => axis.input + axis.pad_before + axis.pad_after - spanOf(axis) - (axis.output - 1) * axis.stride;
const oddFirst = (axis) => ({ ...axis, pad_before: axis.pad_before + axis.pad_after - Math.floor((axis.pad_before + axis.pad_after) / 2) });
const turned = (axis) => ({ ...axis, pad_before: axis.pad_after, pad_after: axis.pad_before });
const capped = (axis) => (place) => Math.min(Math.max(place, 0), axis.input - 1);
const wrapped = (axis) => (place) => (place < 0 ? place + axis.input : place);
const pointwise = ({ height, width }) => height.filter === 1 && width.filter === 1;

// [name, what a diagnosis says, { axes, taps, places, same }]: `same` holds for SAME padding only.
export const MISTAKES = [
  ["no-rotation", "filter not rotated: its taps in reverse order along both axes",
    { taps: (g, r, s) => [g.height.filter - 1 - r, g.width.filter - 1 - s] }],
  ["rotation-of-columns-only", "rows of the filter in reverse order",
    { taps: (g, r, s) => [g.height.filter - 1 - r, s] }],
  ["rotation-of-rows-only", "columns of the filter in reverse order",
    { taps: (g, r, s) => [r, g.width.filter - 1 - s] }],
  ["stride-ignored", "stride ignored", { axes: one("stride", () => 1) }],
  ["strides-exchanged", "strides of height and width exchanged", { axes: exchanged("stride") }],
  ["height-stride-for-both", "the stride of the height used for the width, too",
    { axes: ({ height, width }) => ({ height, width: { ...width, stride: height.stride } }) }],
  ["stride-cut-to-filter", "strides larger than the filter cut down to it",
    { axes: one("stride", (axis) => Math.min(axis.stride, spanOf(axis))) }],
  ["pointwise-without-stride", "stride ignored in the shortcut for 1x1 filters",
    { axes: (g) => (pointwise(g) ? one("stride", () => 1)(g) : g) }],
  ["leftover-first", "what the stride leaves over put before the windows, not after",
    { axes: one("pad_before", (axis) => axis.pad_before - leftover(axis)) }],
  ["dilation-ignored", "dilation ignored", { axes: one("dilation", () => 1) }],
  ["dilations-exchanged", "dilations of height and width exchanged", { axes: exchanged("dilation") }],
  ["dilation-counts-gaps", "dilation larger by one: taken for the number of rows between taps",
    { axes: one("dilation", ({ dilation }) => (dilation > 1 ? dilation + 1 : 1)) }],
  ["dilation-short-by-one", "dilation smaller by one",
    { axes: one("dilation", ({ dilation }) => Math.max(1, dilation - 1)) }],
  ["strides-and-dilations-exchanged", "strides and dilations exchanged",
    { axes: both((axis) => ({ ...axis, stride: axis.dilation, dilation: axis.stride })) }],
  ["pads-ignored", "padding ignored", { axes: one("pad_before", () => 0) }],
  ["pads-exchanged", "pads exchanged before/after", { axes: both(turned) }],
  ["pads-exchanged-top-bottom", "pads exchanged top/bottom",
    { axes: ({ height, width }) => ({ height: turned(height), width }) }],
  ["pads-exchanged-left-right", "pads exchanged left/right",
    { axes: ({ height, width }) => ({ height, width: turned(width) }) }],
  ["pads-exchanged-top-left", "pads exchanged top/left", { axes: exchanged("pad_before") }],
  ["pads-cut-to-filter", "pads ignored beyond the filter's size",
    { axes: one("pad_before", (axis) => Math.min(axis.pad_before, spanOf(axis) - 1)) }],
  ["pads-of-rotated-form", "the rotated form's padding, effR-1-pt, taken for pt",
    { axes: one("pad_before", (axis) => spanOf(axis) - 1 - axis.pad_before) }],
  ["pads-clamped", "taps in the padding added to the edge instead of dropped", { places: capped }],
  ["pads-wrap-around", "a negative index taken from the end, so that the padding before wraps around",
    { places: wrapped }],
  ["same-odd-pixel-first", "the odd pixel of SAME padding before the input, not after",
    { same: true, axes: both(oddFirst) }],
  ["same-odd-row-first", "the odd row of SAME padding above the input, not below",
    { same: true, axes: ({ height, width }) => ({ height: oddFirst(height), width }) }],
  ["same-odd-column-first", "the odd column of SAME padding left of the input, not right",
    { same: true, axes: ({ height, width }) => ({ height, width: oddFirst(width) }) }],
  ["same-without-stride", "SAME padding computed as if the stride were 1",
    { same: true, axes: both((axis) => withPads(axis, spanOf(axis) - 1)) }],
  ["same-without-dilation", "SAME padding computed without the dilation",
    { same: true, axes: both((axis) => withPads(axis, Math.max((axis.output - 1) * axis.stride + axis.filter - axis.input, 0))) }],
].map(([key, says, change]) => ({ key, says, change }));

export const mistakeCalled = (key) => MISTAKES.find((one) => one.key === key);

// The mistake that a diagnosis names first, if it is one of these: "identical to: A / B, or 2 more".
export const mistakeIn = (diagnosis) => {
  const said = (diagnosis ?? "").replace(/^.*?(identical to|also what comes of): /, "").replace(/, or \d+ more$/, "").split(" / ");
  return MISTAKES.find((one) => said.includes(one.says));
};

// All that a mistake adds, in the order of the loops: { r s: the tap that is read, c k p q, h w: where it is added }.
export const mistakenTerms = (geometry, padding, { change }) => {
  const { axes, taps, places, same } = change;
  const applies = !same || padding === "SAME";
  const other = axes && applies ? { ...geometry, ...axes(geometry) } : geometry;
  const terms = [];
  for (let number = 0; number < lengthOf(other, "scatter"); number += 1) {
    const it = iterationAt(other, "scatter", number);
    if (places) [it.h, it.w] = [places(geometry.height)(it.h), places(geometry.width)(it.w)];
    if (taps) [it.r, it.s] = taps(geometry, it.r, it.s);
    const there = it.h >= 0 && it.h < geometry.height.input && it.w >= 0 && it.w < geometry.width.input;
    if (there) terms.push(it);
  }
  return terms;
};
